/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The changing actions: the lock, the plan, the engine, and what is said at the end of a run. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"
#include "cli/actions.h"
#include "cli/events.h"
#include "cli/hook_end.h"
#include "cli/invocation.h"
#include "cli/sign.h"
#include "engine/engine.h"
#include "tree/evaluations.h"
#include "tree/lock.h"
#include "tree/registry.h"
#include "tree/runs.h"

static void warn(const struct loading_report *report_of, struct reporter *reporter)
{
	const struct verdict *verdict = report_of->verdict;
	cleanup(free_string) char *next = loading_next_step(report_of);

	/* Signatures are spoken of once for all modules. */
	if (verdict->answer != VERDICT_REFUSED || text_equal(verdict->cause, "signature"))
		return;
	report(reporter, REPORT_WARNING, "Kernel %s will not load %s: %s.%s%s",
	       report_of->kernel.release, report_of->path, verdict->reason, next ? " Next: " : "",
	       next ? next : "");
}

/*
 * After a run: says what Secure Boot makes of the modules that were installed (cli/sign.h). Then
 * warns of each module that its kernel will not load for another reason. Without depmod only the
 * first part is known.
 */
static void load_advice_after(const struct invocation *invocation, const struct plan *plan,
			      const struct job_result *results)
{
	struct reporter *reporter = &invocation->ui->reporter;
	cleanup(loading_free) struct loading loading = {
		.settings = &invocation->settings,
		.distro = invocation->distro,
		.reporter = reporter,
	};
	cleanup(error_clear) struct error ignored = {0};

	sign_advice_after(&loading, plan, results);
	if (invocation->options->no_depmod)
		return;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->jobs[i].kind == JOB_INSTALL && results[i].outcome == JOB_SUCCEEDED)
			(void)loading_examine(&loading, &plan->jobs[i].id,
					      &plan->jobs[i].kernel->id, &ignored);
	loading_judge(&loading);
	for (size_t i = 0; i < loading.count; i++)
		warn(&loading.items[i], reporter);
}

/* The last lines on a terminal, after a run for several modules or kernels. */

static bool counts(const struct run_job *job)
{
	return text_equal(job->kind, "build") || text_equal(job->kind, "install") ||
	       text_equal(job->kind, "failure");
}

static size_t count(const struct run *run, const char *kind, const char *outcome)
{
	size_t number = 0;

	for (size_t i = 0; i < run->count; i++)
		number += counts(&run->jobs[i]) && text_equal(run->jobs[i].outcome, outcome) &&
			  (!kind || text_equal(run->jobs[i].kind, kind));
	return number;
}

static void add_count(struct strv *parts, size_t number, const char *what)
{
	if (number)
		strv_add_format(parts, "%zu %s", number, what);
}

/*
 * Chooses the line of a failure to remember: the explanation after the first errors of the log,
 * else the first of those, else the first line.
 */
static const char *gist(const struct strv *lines)
{
	const char *error = NULL;
	const char *line;

	STRV_FOREACH (line, lines) {
		if (line[0] == ' ' && !error)
			error = line + strspn(line, " ");
		else if (line[0] != ' ' && error)
			return text_starts_with(line, "Consult ") ? error : line;
	}
	if (error)
		return error;
	return lines->count ? lines->items[0] : "";
}

static void add_failure(struct buffer *text, const struct run_job *job)
{
	cleanup(strv_free) struct strv lines = {0};

	strv_split(&lines, job->message ? job->message : "", "\n");
	buffer_add_format(text, "\n  %s/%s%s%s: %s", job->id.name ? job->id.name : "?",
			  job->id.version ? job->id.version : "?",
			  job->kernel.release ? " for kernel " : "",
			  job->kernel.release ? job->kernel.release : "", gist(&lines));
}

/* The same text, owned by the caller; NULL for a run with less than two builds and installs. */
static char *summary_text(const struct run *run)
{
	size_t installed = count(run, "install", "succeeded");
	size_t failed = count(run, NULL, "failed");
	cleanup(strv_free) struct strv parts = {0};
	struct buffer text = {0};

	if (count(run, NULL, "succeeded") + failed + count(run, NULL, "skipped") < 3)
		return NULL;
	add_count(&parts, installed, "installed");
	if (!installed)
		add_count(&parts, count(run, "build", "succeeded"), "built");
	add_count(&parts, failed, "failed");
	add_count(&parts, count(run, "install", "skipped"), "skipped");
	cleanup(free_string) char *list = strv_join(&parts, ", ");

	buffer_add_format(&text, "%s%s%.1f s", list, *list ? ", " : "",
			  (double)run->milliseconds / 1000);
	for (size_t i = 0; i < run->count; i++)
		if (counts(&run->jobs[i]) && text_equal(run->jobs[i].outcome, "failed"))
			add_failure(&text, &run->jobs[i]);
	return buffer_take(&text);
}

/* Older versions that an install leaves in the tree. */
static void show_left_over(const struct invocation *invocation, const struct run_job *job)
{
	cleanup(strv_free) struct strv versions = {0};
	cleanup(error_clear) struct error unreadable = {0};
	const char *version;

	(void)registry_list_versions(&invocation->settings, job->id.name, &versions, &unreadable);
	STRV_FOREACH (version, &versions) {
		const struct module_id other = {job->id.name, (char *)version};

		if (text_equal(version, job->id.version) ||
		    !registry_is_built(&invocation->settings, &other, &job->kernel))
			continue;
		report(&invocation->ui->reporter, REPORT_NOTICE,
		       "%s/%s stays built. To remove it: dkms remove %s/%s --all", other.name,
		       version, other.name, version);
	}
}

/*
 * "12 installed, 1 failed, 2 skipped, 7.1 s", and each failure again; before that, versions that an
 * install left behind. Nothing off a terminal.
 */
static void summary_show(const struct invocation *invocation, const struct run *run)
{
	struct text_ui *ui = invocation->ui;
	cleanup(free_string) char *text = NULL;

	if (!ui->is_terminal || ui->events)
		return;
	for (size_t i = 0; i < run->count; i++)
		if (text_equal(run->jobs[i].kind, "install") &&
		    text_equal(run->jobs[i].outcome, "succeeded"))
			show_left_over(invocation, &run->jobs[i]);
	if (!run->count && invocation->action->end == end_autoinstall)
		report_text(&ui->reporter, REPORT_LINE, "There is nothing to do.");
	text = summary_text(run);
	if (text)
		report_text(&ui->reporter, REPORT_LINE, text);
}

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

/* The kernels that are named. add evaluates a conf for the first. Loading a tarball needs none
 * unless one is named. */
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

/* A run that cannot be recorded does no harm. */
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
