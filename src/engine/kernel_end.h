/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of what a run changed on one kernel: depmod, then commit or roll back. */
#pragma once

#include "engine/work.h"

/*
 * Does JOB_DEPMOD. When depmod fails over some of the modules that were just installed, those alone
 * are taken back, each with an error and a REPORT_TAKEN_BACK, and depmod runs again. When that does
 * not help, all of them are.
 */
int kernel_end(const struct job *job, const struct work_context *context, struct reporter *reporter,
	       struct error *error);
