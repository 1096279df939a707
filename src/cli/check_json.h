/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/report.h"
#include "inspect/check.h"
#include "inspect/loading.h"

/*
 * A line for each finding, and for each module of which nobody can tell whether it will load; or
 * all of it and what will load as JSON, an object of two arrays.
 */
void check_show(const struct check_findings *findings, const struct loading *loading, bool json,
		struct reporter *reporter);
