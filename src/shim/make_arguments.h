/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many jobs GNU make (4.3, 4.4) is asked to run at once by its arguments.
 *
 * -j takes a number from the rest of its word, or from the next word if that is all digits. It
 * may end a cluster of short options (-kj8). --jobs is the same; for anything shorter make
 * knows several options. The last one counts. Words behind "--" are targets.
 */
#pragma once

#include <stdbool.h>

enum make_jobs_kind {
	MAKE_JOBS_UNSAID,
	MAKE_JOBS_ONE,
	MAKE_JOBS_SEVERAL,
	MAKE_JOBS_ODD, /* what make refuses, or a jobserver that is named as well */
};

struct make_jobs {
	enum make_jobs_kind kind;
	const char *number; /* in the arguments; NULL: no limit */
};

/* argv ends with NULL; argv[0] is make. */
struct make_jobs make_arguments_read(char *const argv[]);

/* Takes out, in place, all that make_arguments_read() finds. */
void make_arguments_drop_jobs(char *argv[]);

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
