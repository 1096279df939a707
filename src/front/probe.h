/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a question to the compiler looks like of which only the exit status can matter.
 *
 * kbuild finds out which options a compiler takes by compiling an empty file with each of them
 * (scripts/Makefile.compiler of Linux: cc-option and its like, by way of try-run):
 *
 *	set -e; TMP=D/.tmp_$$/tmp; trap "rm -rf D/.tmp_$$" EXIT; mkdir -p D/.tmp_$$;
 *	if (gcc … -c -x c /dev/null -o "$TMP") >/dev/null 2>&1; then echo "…"; else echo "…"; fi
 *
 * Whoever calls these has made sure that stdout and stderr are /dev/null.
 */
#pragma once

#include <stdbool.h>

struct probe {
	const char *output; /* value of -o, NULL if nothing but stdout is written to */
	int output_index;   /* of that value in argv; -1: none */
};

/*
 * True if the command line compiles /dev/null, and nothing on it reads or writes any other file but
 * the output: every option is of a shape that is known to.
 */
bool probe_recognise(char *const argv[], struct probe *ret_probe);

/*
 * True if script, which a shell with this process id runs, throws the output of its one compiler
 * away unread: it is try-run as above (Linux 5.10 and later) and nothing else.
 */
bool probe_output_is_discarded(const char *output, const char *script, long shell);
