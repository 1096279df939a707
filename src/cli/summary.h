/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What remains on a terminal at the end of a run about several modules or kernels. */
#pragma once

#include "cli/invocation.h"
#include "tree/runs.h"

/*
 * "12 installed, 1 failed, 2 skipped, 7.1 s", and each failure again; before that, versions that an
 * install left behind. Nothing off a terminal.
 */
void summary_show(const struct invocation *invocation, const struct run *run);

/* The same text, owned by the caller; NULL for a run with less than two builds and installs. */
char *summary_text(const struct run *run);
