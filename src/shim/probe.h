/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recognizes questions to the compiler of which only the exit status can matter.
 *
 * kbuild finds out which options a compiler takes by compiling an empty file with each of them
 * (scripts/Makefile.compiler of Linux: cc-option and its like):
 *
 *	gcc … -c -x c /dev/null -o "$TMP"
 *
 * Whoever calls these has made sure that stdout and stderr are /dev/null.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shim/remembered.h"

struct span {
	const char *text;
	size_t length;
};

/* Parts of a script. */
struct try_run {
	struct span directory; /* "D/.tmp_$$" */
	struct span command, success, failure;
};

/* False if the script does anything else, or says any of it in other words. */
bool try_run_read(const char *script, struct try_run *ret_try_run);

struct probe {
	const char *output; /* value of -o, NULL if nothing but stdout is written to */
	int output_index;   /* of that value in argv; -1: none */
	/* Another file is written whose name begins with that of the output. */
	bool writes_beside_output;
};

/*
 * True if the command line compiles /dev/null, and nothing on it reads or writes any other file
 * but the output. Every option is of a shape that is known to be so.
 */
bool probe_recognise(char *const argv[], struct probe *ret_probe);

/* The same for a probe that compiles its stdin. */
bool probe_recognise_filter(char *const argv[], struct probe *ret_probe);

/*
 * True if script, which a shell with this process id runs, throws the output of its one compiler
 * away unread: it is try-run and nothing else.
 */
bool probe_output_is_discarded(const char *output, const char *script, long shell);

/* All that the answer depends on; false if that is not known of the compiler, a path. */
bool probe_make_key(char *const argv[], const struct probe *probe, const char *compiler,
		    const char *search, struct memory_key *ret_key);
