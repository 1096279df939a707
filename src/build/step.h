/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One command of a build: a step that the user sees beginning and ending, and a block of make.log.
 * Runs in the cage, with the environment of the build.
 */
#pragma once

#include "base/error.h"
#include "build/builder.h"

struct step {
	const char *label; /* "Building module(s)" */
	const char *shown; /* what make.log calls the command */
	char *const *argv;
	const char *directory; /* as commands see it; NULL: the build directory */
	const char *makeflags; /* value of MAKEFLAGS; NULL: not set */
	int keep_fds[2];       /* further descriptors the command inherits; {-1,-1}: none */
};

/*
 * *ret_status is the command's exit status, 128 + N after death by signal N; a status that is not
 * 0 has been reported as the end of the step, and is for the caller to turn into an error. Fails
 * if the command could not be run or dkms is to stop.
 */
int step_run(const struct builder *builder, const struct step *step, int *ret_status,
	     struct error *error);
