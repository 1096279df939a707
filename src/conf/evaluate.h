/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration files → directives. A dkms.conf (or framework.conf) is a bash script, and what
 * counts is what two passes of bash make of it:
 *
 * 1. The file is sourced in a subshell, inside a function, with extglob on and stdout dropped.
 * 2. Every element of every known directive is written out as NAME[i]="value", the value raw
 *    after unquoted word splitting and globbing, and these lines are sourced again.
 *
 * Each file goes through both passes on top of the values so far. bash itself does that, in a
 * process without rights (cage/companion.h): it reads what anybody may read, writes nothing, has no
 * network, and an environment of few variables. A file that only root may read is handed to it.
 */
#pragma once

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

/* Keeps the bash of each module for the next kernel; "struct conf_shells shells = {0};". */
struct conf_shells {
	struct conf_shell *items; /* the latest is the last */
	size_t count;
	long owner; /* the process that started them: a forked one cannot use them */
};

struct evaluate_input {
	const struct strv *files; /* in order; every one must exist */
	/* What the files see besides a few variables of the caller's environment. */
	const struct conf_variable *variables;
	size_t variable_count;
	/*
	 * The known directives in the order of pass 2, NULL-terminated. They start unset, unless a
	 * variable of the same name gives a value.
	 */
	const char *const *names;
	int time_limit_seconds; /* 0: 30 */
	/* If not NULL: where the bash for files->items[0] is, and stays. */
	struct conf_shells *shells;
	/* If not NULL: gets the values as pass 1 left them. */
	struct conf_values *first_pass;
};

/*
 * Sets every directive that the files set (one that still has the value of the variable of its
 * name is left out). The origin of a value is the file that set it last.
 *
 * What the files print to stderr, and syntax errors (the assignments before them count), go to
 * the reporter. Errors: -ENOENT with EXIT_BROKEN for a missing file; with EXIT_BAD_CONF a file
 * that cannot be read, -EISDIR, -EFBIG over CONF_SIZE_LIMIT, -EILSEQ for one with NUL bytes,
 * -ETIMEDOUT for one that does not end, -EPIPE for one that kills its bash.
 */
int conf_evaluate_files(const struct evaluate_input *input, struct conf_values *ret,
			struct reporter *reporter, struct error *error);

/* Ends them all; serves as cleanup(conf_shells_free). */
void conf_shells_free(struct conf_shells *shells);

/*
 * *ret_text is owned by the caller, and NULL for a link, also a hard one to a private file: what it
 * leads to is for a process without rights to see. EXIT_BROKEN for a missing file, EXIT_BAD_CONF
 * for one that is no regular file, too large (CONF_SIZE_LIMIT) or holds NUL bytes.
 */
int conf_read_text(const char *path, char **ret_text, struct error *error);
