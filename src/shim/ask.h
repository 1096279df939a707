/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking a compiler what is not known of it, and keeping the answer. */
#pragma once

#include <stdbool.h>

#include "shim/question.h"
#include "shim/remembered.h"

enum { ASK_NOT_STARTED = 126 }; /* a shell's status for it */

/*
 * Runs the program with argv; what it says is thrown away. learned (NULL: none) is the file in
 * which the answer is kept, if there is that file and the answer is certain. Success is
 * certain. A refusal is certain only if the compiler said that it does not know the option: a
 * compiler without memory refuses, too. Returns waitpid's status, or -1 if nothing was started.
 */
int ask_compiler(const char *program, char *const argv[], const struct memory_key *key,
		 const char *learned);

/* The exit status for waitpid's status. After a death by signal, this process dies by the same. */
int ask_exit_status(int status);

/*
 * Does what the shell of this process would do with the script of a probe, except for its output;
 * learned is as for ask_compiler(). False: nothing was done, and the shell has to do it.
 */
bool try_probe(const struct question *question, const char *learned, bool *ret_success);
