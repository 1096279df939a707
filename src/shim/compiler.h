/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a compiler's answers depend on. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "shim/remembered.h"

/*
 * Adds who answers to the key: the compiler and the assembler on the search path, each with path,
 * real path, inode, size and time of change. False if the program is none whose answers depend on
 * its arguments alone: only gcc and clang themselves are known to, no script and no ccache in front
 * of them.
 */
bool compiler_add_identity(const char *path, const char *search, struct memory_key *key);

/* Adds the identity of any other file; false if it is missing. A program must be no script. */
bool compiler_add_file(const char *path, struct memory_key *key);
bool compiler_add_program(const char *path, struct memory_key *key);

/* Adds what else answers may depend on; false for an environment that changes what is read. */
bool compiler_add_environment(struct memory_key *key);
