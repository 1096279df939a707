/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What MAKEFLAGS says about parallel jobs, as GNU make hands it to the makes below, or a script. */
#pragma once

#include <stdbool.h>

#include "shim/make_arguments.h"

enum { MAKE_FLAGS_MOST_WORDS = 128 };

struct make_flags {
	struct make_jobs jobs; /* by -j; never MAKE_JOBS_ODD */
	const char *jobserver; /* its address, "R,W" or "fifo:PATH"; NULL: none is named */
	char *text;
	const char *variables;                  /* what follows the options, from "--" on; "" */
	char *words[MAKE_FLAGS_MOST_WORDS + 2]; /* as argv; the address is not among them */
};

/* False for what is not understood; nothing is owned then. */
bool make_flags_read(const char *makeflags, struct make_flags *ret_flags);
void make_flags_free(struct make_flags *flags);

/*
 * The same for a jobserver with these ends, owned by the caller; NULL: no memory. jobs is added if
 * nothing is said of jobs yet.
 */
char *make_flags_with_jobserver(const struct make_flags *flags, const struct make_jobs *jobs,
				const int ends[2]);
