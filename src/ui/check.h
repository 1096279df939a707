/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/report.h"
#include "plan/check.h"

/* A line for each finding, or as JSON (an array of objects). */
void check_show(const struct check_findings *findings, bool json, struct reporter *reporter);
