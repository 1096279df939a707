/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of what a run changed on one kernel: depmod, then commit or roll back. */
#pragma once

#include "engine/work.h"

/*
 * Does JOB_DEPMOD. If some of the new modules make depmod fail, only they are taken back, each with
 * an error and a REPORT_TAKEN_BACK. Then depmod runs again. If that fails too, all new modules are
 * taken back.
 */
int kernel_end(const struct job *job, const struct work_context *context, struct reporter *reporter,
	       struct error *error);
