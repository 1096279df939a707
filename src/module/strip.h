/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking debug information off a module. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * strip -g, or llvm-strip -g for a module built by clang (strip where that is missing). The
 * message of a failure names the file and repeats what the program said.
 */
int strip_debug(const char *path, bool clang, struct error *error);
