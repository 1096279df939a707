/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source of a package as something that builds depend on: the tree behind <tree>/M/V/source and
 * what /etc/dkms/M lays over it (patches and scripts). Nothing in it is followed: whoever swaps a
 * directory for a link meanwhile ends the reading. Makefiles are read in a confined worker.
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "fingerprint/memo.h"
#include "model/identity.h"
#include "model/settings.h"

/*
 * A sentence that says what in the text of the makefile called shown may probe the kernel. That
 * is a $(shell …) other than pwd, uname -r and uname -m, an assignment by !=, try-run, $(file
 * …), or a $(wildcard …) that is not of its own directory. NULL: nothing. Owned by the caller.
 */
char *makefile_probing(const char *text, const char *shown);

/* The same for the command MAKE of a dkms.conf: anything but one call of make. */
char *makefile_command_probing(const char *command);

/* Adds every word of the text that could be a variable's name, as a key. */
void makefile_add_words(const char *text, struct strmap *words);

struct source_facts {
	char *digest; /* of paths, modes, link targets and contents */
	/*
	 * Its makefiles learn something about the kernel in ways that leave no trace in what the
	 * compiler read: $(shell …), try-run, files looked for. Or a source asks __has_include. A
	 * sentence for people; NULL if nothing of that kind was seen.
	 */
	char *probing;
	struct strv words; /* what looks like a variable's name in a makefile, in byte order */
};

/* Start with {0}; release with source_facts_free(). */
int source_facts_read(const struct settings *settings, const struct module_id *id,
		      struct digest_memo *memo, struct source_facts *ret_facts,
		      struct error *error);
void source_facts_free(struct source_facts *facts);
