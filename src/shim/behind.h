/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program that a front stands before: the next one of the same name on PATH. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

struct behind {
	char directory[PATH_MAX]; /* of the link that was called */
	const char *name;         /* and the link's name */
	const char *search;       /* PATH */
	char program[PATH_MAX];
};

/* For a program that was started by way of such a link; false: there is none behind it. */
bool behind_find(struct behind *ret_behind);

/*
 * Finds an executable file on a search path as a shell does, passing over the file that `self`
 * describes (NULL: none), so that a front never finds itself. path holds PATH_MAX characters.
 */
bool behind_search(const char *search, const char *name, const struct stat *self, char *path);
