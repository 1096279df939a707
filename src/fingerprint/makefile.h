/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makefiles as text: what they might ask of a kernel behind the compiler's back. Judged from the
 * safe side: whatever is not known to be harmless counts as probing.
 */
#pragma once

#include "base/error.h"
#include "base/map.h"
#include "base/strv.h"

/*
 * A sentence that says what in the text of the makefile called shown may probe the kernel: a
 * $(shell …) other than pwd, uname -r and uname -m, != assignments, try-run, $(file …), a
 * $(wildcard …) that is not of its own directory. NULL: nothing. Owned by the caller.
 */
char *makefile_probing(const char *text, const char *shown);

/* The same for the command MAKE of a dkms.conf: anything but one call of make. */
char *makefile_command_probing(const char *command);

/* Adds every word of the text that could be a variable's name, as a key. */
void makefile_add_words(const char *text, struct strmap *words);

/* Makefiles of a stranger, to be read together in a confined worker. Start with {0}. */
struct makefiles {
	struct strv names, texts;
	size_t bytes;
};

void makefiles_add(struct makefiles *makefiles, const char *name, char *owned_text);
/* Sets words to those of all, in byte order, and *probing, unless it is set, to the first reason.
 */
int makefiles_read(const struct makefiles *makefiles, struct strv *ret_words, char **probing,
		   struct error *error);
void makefiles_free(struct makefiles *makefiles);
