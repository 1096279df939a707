/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many jobs GNU make (4.3, 4.4) is asked to run at once by its arguments.
 *
 * -j takes a number from the rest of its word, or from the next word if that is all digits; it may
 * end a cluster of short options (-kj8). --jobs is the same; for anything shorter make knows
 * several options. The last one counts. Words behind "--" are targets.
 */
#pragma once

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
