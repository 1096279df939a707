/* SPDX-License-Identifier: GPL-2.0-or-later */
/* External programs that work on one module: silent when they succeed, quoted when they fail. */
#pragma once

#include "base/error.h"

/*
 * Runs argv (argv[0] is looked up on PATH) and fails unless it exits with 0. The message names the
 * program, its exit status and what it printed, stdout and stderr together.
 */
int tool_run(char *const *argv, struct error *error);
