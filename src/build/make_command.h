/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shell command that builds a package, from MAKE or the default.
 *
 * A command that begins with the letters "make" has them replaced by "make -jN KERNELRELEASE=K".
 * Anything else ('make', env …, cd …; make) is left alone: that is how package authors ask for a
 * serial build. With a jobserver, MAKEFLAGS carries both. In the command, -jN would make GNU make
 * ignore the jobserver.
 */
#pragma once

#include <stdbool.h>

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
