/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration files → directives. A dkms.conf (or framework.conf) is a bash script. Its
 * values are those after two passes of bash:
 *
 * 1. The file is sourced in a subshell, inside a function, with extglob on and stdout dropped.
 * 2. Every element of every known directive is written out as NAME[i]="value". The value is raw
 *    after unquoted word splitting and globbing. These lines are sourced again.
 *
 * Each file goes through both passes on top of the values so far. bash itself does that, in a
 * process without rights (cage/companion.h). It can read what anybody may read, and write nothing.
 * It has no network, and few variables in its environment. A file that only root may read is handed
 * to it.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/report.h"
#include "conf/bash.h"
#include "conf/values.h"

/* Larger configuration files are refused. */
#define CONF_SIZE_LIMIT 1048576 /* bytes */

/*
 * Sets every directive that the files set. A directive that still has the value of the variable of
 * its name is left out. The origin of a value is the file that set it last.
 *
 * The files' stderr and syntax errors go to the reporter. Assignments before an error count. A
 * missing file is -ENOENT with EXIT_BROKEN. EXIT_BAD_CONF comes with the others. These are a file
 * that cannot be read, -EISDIR, -EFBIG (over CONF_SIZE_LIMIT), -EILSEQ (NUL bytes), -ETIMEDOUT (it
 * does not end) and -EPIPE (it kills its bash).
 */
int conf_evaluate_files(const struct evaluate_input *input, struct conf_values *ret,
			struct reporter *reporter, struct error *error);

/* Ends them all; serves as cleanup(conf_shells_free). */
void conf_shells_free(struct conf_shells *shells);

/*
 * *ret_text is owned by the caller. It is NULL for a symbolic link, and for a hard link to a
 * private file: only a process without rights may follow those. EXIT_BROKEN for a missing file.
 * EXIT_BAD_CONF for a file that is not regular, too large (CONF_SIZE_LIMIT) or holds NUL bytes.
 */
int conf_read_text(const char *path, char **ret_text, struct error *error);
