/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The course of every action that changes something: lock, recover, plan, run. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/hook_end.h"
#include "cli/invocation.h"
#include "cli/journald.h"
#include "cli/json_events.h"
#include "cli/load_advice.h"
#include "cli/summary.h"
#include "engine/settle.h"
#include "tree/evaluations.h"
#include "tree/lock.h"
#include "tree/runs.h"

/* "install foo/1.0": what those who wait for the lock are told. */
static char *describe(const struct invocation *invocation)
{
	if (!invocation->id.name)
		return text_format("%s", invocation->action->name);
	return text_format("%s %s%s%s", invocation->action->name, invocation->id.name,
			   invocation->id.version ? "/" : "",
			   invocation->id.version ? invocation->id.version : "");
}

/* The package manager that calls a hook must not wait for ever. */
static int lock_timeout(const struct invocation *invocation)
{
	enum { HOOK_SECONDS = 1800 };
	int wanted = invocation->options->lock_timeout;

	return wanted < 0 && text_starts_with(invocation->action->name, "kernel_") ? HOOK_SECONDS
										   : wanted;
}

static int lock_and_recover(struct invocation *invocation, const struct engine_options *engine,
			    struct tree_lock **ret_lock, struct error *error)
{
	cleanup(free_string) char *what = describe(invocation);

	if (tree_lock_take(&invocation->settings, what, lock_timeout(invocation), engine->reporter,
			   ret_lock, error) < 0)
		return error->code;
	if (!tree_lock_is_shared(*ret_lock))
		return engine_recover(engine, error);
	invocation->settings.nested = (int)getpid();
	return 0;
}

void invocation_print_plan(const struct plan *plan, struct reporter *reporter)
{
	for (size_t i = 0; i < plan->count; i++) {
		cleanup(free_string) char *line = job_describe(&plan->jobs[i]);

		report_text(reporter, REPORT_LINE, line);
	}
}

/* A dry run fails as the real one would, as far as that can be known. */
static int dry_status(const struct plan *plan)
{
	int status = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->jobs[i].kind == JOB_FAILURE)
			status = error_graver_status(status,
						     error_exit_status(&plan->jobs[i].error));
	return status;
}

/* What add asks a conf for, the first of them. Loading a tarball is about no kernel unless one is
 * named. */
static const struct kernel_ids *named_kernels(const struct invocation *invocation)
{
	bool named = invocation->options->kernels.count ||
		     (invocation->action->needs & DEFAULTS_KERNEL);

	return named && invocation->kernels.count ? &invocation->kernels : NULL;
}

static struct planner planner_for(struct invocation *invocation, struct plan *plan)
{
	const struct options *options = invocation->options;

	return (struct planner){
		.settings = &invocation->settings,
		.distro = invocation->distro,
		.reporter = &invocation->ui->reporter,
		.plan = plan,
		.kernels = named_kernels(invocation),
		.conf_file = options->conf_file,
		.force = options->force,
		.force_version_override = options->force_version_override ||
					  options->rpm_safe_upgrade,
		.no_depmod = options->no_depmod,
	};
}

static int64_t microseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* That a run cannot be remembered does no harm. */
static void remember(const struct invocation *invocation, const struct plan *plan, struct run *run)
{
	cleanup(error_clear) struct error error = {0};
	int64_t begun = microseconds();

	run->action = describe(invocation);
	if (plan_changes_anything(plan) && runs_write(&invocation->settings, run, &error) < 0)
		report_text(&invocation->ui->reporter, REPORT_VERBOSE, error.message);
	journald_send(&invocation->settings, run);
	report(&invocation->ui->reporter, REPORT_DEBUG, "The record of this run took %jd µs.",
	       (intmax_t)(microseconds() - begun));
}

/* The run's jobs, and the reporter that shows them. */
struct observer {
	struct text_ui *ui;
	const struct run *record;
};

static void observe(void *context, const struct run_job *job)
{
	const struct observer *observer = context;

	text_ui_event(observer->ui, json_event_job(job, (size_t)(job - observer->record->jobs)));
}

static int run(struct invocation *invocation, const struct plan *plan,
	       const struct engine_options *base)
{
	cleanup(run_free) struct run record = {0};
	struct job_result *results = xcalloc(plan->count, sizeof(*results));
	struct observer observer = {invocation->ui, &record};
	struct engine_options engine = *base;
	int status;

	engine.results = results;
	engine.record = &record;

	if (invocation->ui->events) {
		text_ui_event(invocation->ui, json_event_plan(plan));
		engine.observe = observe;
		engine.observer = &observer;
	}
	status = engine_run(plan, &engine);
	if (invocation->action->end)
		invocation->action->end(invocation, plan, results, &status);
	hook_conclude(invocation, plan, results, &status);
	load_advice_after(invocation, plan, results);
	record.exit_status = status;
	remember(invocation, plan, &record);
	summary_show(invocation, &record);
	free(results);
	return status;
}

int invocation_run_plan(struct invocation *invocation, int *ret_status, struct error *error)
{
	cleanup(tree_lock_release_handler) struct tree_lock *lock = NULL;
	cleanup(plan_free) struct plan plan = {0};
	struct planner planner = planner_for(invocation, &plan);
	struct engine_options engine = {
		.settings = &invocation->settings,
		.distro = invocation->distro,
		.reporter = &invocation->ui->reporter,
		.watched = text_ui_is_watched(invocation->ui),
	};

	if (!invocation->options->dry_run &&
	    lock_and_recover(invocation, &engine, &lock, error) < 0)
		return error->code;
	/* A closed pipe does not stop the work. Children get the default again. */
	if (!invocation->options->dry_run)
		(void)signal(SIGPIPE, SIG_IGN);
	memo_share(&plan.reuse.memo);
	int code = invocation->action->fill(invocation, &planner, error);

	if (!code)
		planner_finish(&planner);
	planner_free(&planner);
	if (code < 0)
		return code;
	if (invocation->options->dry_run) {
		invocation_print_plan(&plan, engine.reporter);
		*ret_status = dry_status(&plan);
		return 0;
	}
	*ret_status = run(invocation, &plan, &engine);
	if (plan.evaluations)
		evaluations_write(plan.evaluations);
	return 0;
}
