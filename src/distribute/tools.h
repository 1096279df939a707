/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs of others that make packages. */
#pragma once

#include "base/error.h"

/* EXIT_USAGE for the first (of a list that NULL ends) that is missing, with Debian's package. */
int tools_require(const char *const *programs, struct error *error);
