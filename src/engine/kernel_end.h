/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends the changes of a run on one kernel: depmod, then commit or roll back. */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "distro/distro.h"
#include "model/settings.h"
#include "plan/plan.h"

/* The facts of a run that the end of one kernel needs. */
struct run_context {
	const struct plan *plan;
	const struct settings *settings;
	const struct distro *distro;
};

/* Runs it in a shell, output to <tree>/post_transaction.log; its failure is a warning. */
int post_transaction_run(const struct settings *settings, struct reporter *reporter,
			 struct error *error);

/*
 * Does JOB_DEPMOD. If some of the new modules make depmod fail, only they are taken back, each with
 * an error and a REPORT_TAKEN_BACK. Then depmod runs again. If that fails too, all new modules are
 * taken back.
 */
int kernel_end(const struct job *job, const struct run_context *context, struct reporter *reporter,
	       struct error *error);
