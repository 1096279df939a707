/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a compiler's first errors come from a change of the kernel's interface, or from the
 * module's own code. A typing error must not be blamed on the kernel. So a name counts only if
 * some kernel is known to have had or changed it, or the headers of another kernel here have it.
 */
#pragma once

#include <stdbool.h>

struct kernel;
struct settings;

/* Start with {0}. */
struct interface_reading {
	unsigned int errors; /* that compilers have reported so far */
	bool over;           /* nothing that follows counts */
	char *own;           /* a name that may be the kernel's, too: the next notes tell. Owned */
	char *line;          /* where it is. Owned */
};

struct interface_finding {
	char *line;    /* NULL: none. Owned */
	char *subject; /* the name. Owned */
	const char *detail;
	bool certain; /* false: as the headers of other kernels say (interface_was_in_headers()) */
};

/* Looks at the next line of a log, with plain quotes. */
void interface_look_at(struct interface_reading *reading, struct interface_finding *finding,
		       const char *line);
void interface_reading_free(struct interface_reading *reading);

/* interface_names.c: a kernel had the name, and a later one has not; means something else by it; a
 * function of such a type is what drivers give to the kernel. */
bool interface_lost(const char *name);
bool interface_changed(const char *name);
bool interface_callback(const char *type);

/* interface.c: headers of another kernel have the name, and those of this one have not. */
bool interface_was_in_headers(const struct settings *settings, const struct kernel *kernel,
			      const char *name);
