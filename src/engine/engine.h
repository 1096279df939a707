/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a plan: as parallel as its edges, the processors and the machine's make jobserver allow,
 * one forked worker a job, one poll loop. What workers report comes out whole and in the plan's
 * order, as if the run had been serial. A failing job stops only what requires it.
 *
 * SIGINT, SIGTERM and SIGHUP (see base/interrupt.h) end all workers with their children; what was
 * installed but not yet committed is rolled back.
 */
#pragma once

#include "base/report.h"
#include "distro/distro.h"
#include "model/settings.h"
#include "plan/plan.h"

struct run;
struct run_job;

struct engine_options {
	const struct settings *settings;
	const struct distro *distro;
	struct reporter *reporter;
	bool watched; /* somebody sees REPORT_PROGRESS: time and logs are shown, too */
	struct job_result *results; /* plan->count elements to fill; NULL: not wanted */
	struct run *record;         /* gets jobs, times and outcomes; NULL: not wanted */
	/* With a record: called when a job of it has begun, and when it has ended. May be NULL. */
	void (*observe)(void *observer, const struct run_job *job);
	void *observer;
};

/*
 * Returns the exit status: 0, that of the first failed job in the plan's order, or 128 + N
 * after signal N. It is EXIT_EXCLUDED only if nothing worse happened. The error of a failed job
 * has been reported as REPORT_ERROR.
 */
int engine_run(const struct plan *plan, const struct engine_options *options);

/*
 * Finishes or undoes what dead runs left, before anything else is planned. The caller holds the
 * tree's lock.
 */
int engine_recover(const struct engine_options *options, struct error *error);
