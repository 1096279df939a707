/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The GNU make that a build runs, and how it takes a jobserver. */
#pragma once

#include <stdbool.h>

/*
 * A jobserver that makes share. Its slots are in one pipe, which they inherit. From GNU make
 * 4.4 on they open it by name. So do those that a recipe starts without passing descriptors on.
 */
struct make_jobserver {
	int ends[2];         /* read and write; {-1, -1}: no make is told of it */
	const char *fifo;    /* its name, absolute; NULL: it has none */
	const char *program; /* path of a make that was asked …; NULL: none was */
	bool takes_fifo;     /* … whether it takes the name */
};

#define NO_JOBSERVER               \
	{                          \
		.ends = { -1, -1 } \
	}

/* True if the program is GNU make 4.4 or later: it is run to see. */
bool make_takes_fifo(const char *program);

/* True if `make` on that search path opens the jobserver by name. The make of *jobserver is not
 * asked again. */
bool make_opens_jobserver(const struct make_jobserver *jobserver, const char *search);

struct make_command {
	const char *command;   /* MAKE as given; NULL: the default */
	const char *release;   /* K */
	const char *headers;   /* kernel_source_dir */
	const char *build;     /* the build directory as the command will see it */
	int jobs;              /* 0: no limit */
	const char *jobserver; /* for --jobserver-auth; NULL: none */
};

/* True for a command that is given -jN one way or the other; NULL is the default. */
bool make_command_is_given_jobs(const char *command);

/* The command to run, owned by the caller. */
char *make_command_text(const struct make_command *make);

/* The value of MAKEFLAGS to export (GNU make 4.3 and later), owned; NULL: none. */
char *make_command_flags(const struct make_command *make);
