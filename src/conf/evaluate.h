/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration files → directives. A dkms.conf (or framework.conf) is a bash script, and what
 * counts is what two passes of bash make of it:
 *
 * 1. The file is sourced in a subshell, inside a function, with extglob on and stdout dropped.
 * 2. Every element of every known directive is written out as NAME[i]="value", the value raw
 *    after unquoted word splitting and globbing, and these lines are sourced again.
 *
 * Each file goes through both passes on top of the values so far. An evaluator in this process
 * does that for what configuration files are made of, executing nothing; whatever it does not
 * know is noticed before anything has happened, and then all files go to one bash process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "conf/values.h"

/* Larger configuration files are refused. */
#define CONF_SIZE_LIMIT 1048576 /* bytes */

struct conf_variable {
	const char *name;
	const char *value;
};

/* How bash is kept in while it runs the files. */
struct evaluate_cage {
	struct strv visible;   /* directories that it must see, wherever they are */
	struct strv secrets;   /* files that it must not */
	const char *temporary; /* tmp_location: it gets one of its own */
	bool required;         /* caged or not at all */
};

struct evaluate_input {
	const struct strv *files; /* in order; every one must exist */
	/* What the files see besides the caller's environment. */
	const struct conf_variable *variables;
	size_t variable_count;
	/*
	 * The known directives in the order of pass 2, NULL-terminated. They start unset, whatever
	 * the environment says, unless a variable of the same name gives a value.
	 */
	const char *const *names;
	int time_limit_seconds; /* of the bash process; 0: 30 */
	/* If not NULL, and dkms is root's: bash runs in a cage in which it can write nothing. */
	const struct evaluate_cage *cage;
	/* If not NULL: gets the values as pass 1 left them, unless bash evaluates. */
	struct conf_values *first_pass;
};

enum evaluated_by {
	EVALUATED_BUILTIN,
	EVALUATED_BASH,
};

/*
 * Sets every directive that the files set (one that still has the value of the variable of its
 * name is left out). Origins are "FILE:LINE" from the evaluator in this process, "FILE" from
 * bash. ret_by and ret_reason may be NULL; ret_reason gets lines "FILE:LINE: why bash was needed".
 *
 * What the files print to stderr, and syntax errors (the assignments before them count), go to
 * the reporter. Errors: -ENOENT with EXIT_BROKEN for a missing file; with EXIT_BAD_CONF a file
 * that cannot be read, -EISDIR, -EFBIG over CONF_SIZE_LIMIT, -EILSEQ for one with NUL bytes,
 * -ETIMEDOUT for one that does not end.
 */
int conf_evaluate_files(const struct evaluate_input *input, struct conf_values *ret,
			enum evaluated_by *ret_by, struct strv *ret_reason,
			struct reporter *reporter, struct error *error);
