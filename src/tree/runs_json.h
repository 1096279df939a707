/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run as JSON. Private to tree/runs.c. */
#pragma once

#include <stdbool.h>

#include "tree/runs.h"

/* False for what is no record of a run; run_free() what was read in either case. */
bool run_parse(const char *text, struct run *run);
