/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of the system that follow an install: their failure is a warning, never an error. */
#pragma once

#include "base/report.h"
#include "base/strv.h"

/*
 * Runs a program with its output reported (REPORT_OUTPUT) as it comes. input, if not NULL,
 * goes to its stdin, an item a line. A program that cannot be started or fails is a warning that
 * names it and says `consequence`.
 */
void system_tool_run(const struct strv *argv, const struct strv *input, const char *consequence,
		     struct reporter *reporter);
