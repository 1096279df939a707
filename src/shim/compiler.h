/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program that a front stands before, the next one of the same name on PATH, and what a
 * compiler's answers depend on.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "shim/remembered.h"

struct behind {
	char directory[PATH_MAX]; /* of the link that was called */
	const char *name;         /* and the link's name */
	const char *search;       /* PATH */
	char program[PATH_MAX];
};

/* For a program that was started by way of such a link; false: there is none behind it. */
bool behind_find(struct behind *ret_behind);

/*
 * Finds an executable file on a search path as a shell does. It passes over the file that
 * `self` describes (NULL: none), so that a front never finds itself. path holds PATH_MAX
 * characters.
 */
bool behind_search(const char *search, const char *name, const struct stat *self, char *path);

/*
 * Adds who answers to the key: the compiler and the assembler on the search path, each with path,
 * real path, inode, size and time of change. False if the program's answers may depend on more
 * than its arguments. Only gcc and clang themselves are known to be fit, no script and no
 * ccache in front of them.
 */
bool compiler_add_identity(const char *path, const char *search, struct memory_key *key);

/* Adds the identity of any other file; false if it is missing. A program must be no script. */
bool compiler_add_file(const char *path, struct memory_key *key);
bool compiler_add_program(const char *path, struct memory_key *key);

/* Adds what else answers may depend on; false for an environment that changes what is read. */
bool compiler_add_environment(struct memory_key *key);
