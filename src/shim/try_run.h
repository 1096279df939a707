/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kbuild's try-run (scripts/Makefile.compiler, Linux 5.10 and later), by which it asks whether a
 * command works:
 *
 *	set -e; TMP=D/.tmp_$$/tmp; trap "rm -rf D/.tmp_$$" EXIT; mkdir -p D/.tmp_$$;
 *	if (COMMAND) >/dev/null 2>&1; then echo "SUCCESS"; else echo "FAILURE"; fi
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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
