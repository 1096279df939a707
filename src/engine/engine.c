/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/engine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"
#include "engine/jobserver.h"
#include "engine/recorder.h"
#include "engine/settle.h"
#include "engine/worker.h"

/* After an interrupt, how long workers get to end by themselves. */
#define GRACE_MS 2000

struct task {
	const struct job *job;
	enum { TASK_WAITING, TASK_RUNNING, TASK_ENDED } state;
	struct job_result result;
	struct worker worker;
	struct loan *loan; /* what a build has of the jobserver; NULL: none, or not any more */
	struct make_jobserver makes;
	struct glimpse *glimpse; /* of a build that somebody watches; NULL: none */
	int64_t started;
	bool cut_off;
	struct report_queue queue;
	struct job_recorder recorder; /* what it reports goes through this to the queue */
};

struct engine {
	const struct plan *plan;
	const struct engine_options *options;
	struct work_context context;
	struct module_files files; /* which context.files points to */
	struct slots slots;
	struct cage_support support;
	struct progress progress;
	struct task *tasks;
	size_t shown; /* every task before this one has ended and been shown */
	size_t running;
	bool running_exclusive;
	bool stopping;
	int64_t begun;
};

/* Builds take a slot each; all else that changes something goes one after the other. */
static bool is_build(const struct task *task)
{
	return job_is_build(task->job);
}

static bool is_exclusive(const struct task *task)
{
	return !is_build(task) && task->job->kind != JOB_NOTICE && task->job->kind != JOB_FAILURE;
}

enum readiness { READY, NOT_YET, NEVER };

/* NEVER: *ret_cause is the required job that failed, or the last job that it waited for. */
static enum readiness readiness(const struct engine *engine, const struct task *task,
				const struct task **ret_cause)
{
	enum readiness ready = READY;
	bool success = !task->job->follows_success;

	for (size_t i = 0; i < task->job->edge_count; i++) {
		const struct job_edge *edge = &task->job->edges[i];
		const struct task *other = &engine->tasks[edge->job];

		*ret_cause = other;
		if (other->state != TASK_ENDED) {
			ready = NOT_YET;
			continue;
		}
		success |= other->result.outcome == JOB_SUCCEEDED;
		if (edge->required && other->result.outcome != JOB_SUCCEEDED)
			return NEVER;
	}
	return ready == READY && !success ? NEVER : ready;
}

static void end_task(struct task *task, enum job_outcome outcome, struct error *error)
{
	task->state = TASK_ENDED;
	task->result.outcome = outcome;
	if (outcome == JOB_FAILED) {
		task->result.exit_status = error_exit_status(error);
		report_text(&task->recorder.reporter, REPORT_ERROR, error->message);
	}
	job_recorder_end(&task->recorder, &task->result);
	error_clear(error);
}

/* The reader of a long log does not know what a build was waiting for. */
static void tell_of_dependency(struct task *task, const struct job *needed)
{
	const struct job *job = task->job;

	if (job->kind == JOB_BUILD && !job->force)
		report(&task->recorder.reporter, REPORT_ERROR,
		       "%s/%s needs %s/%s, which could not be installed for kernel %s (%s).",
		       job->id.name, job->id.version, needed->id.name, needed->id.version,
		       job->kernel->id.release, job->kernel->id.arch);
}

/* A skipped job fails as what it required, or, if that was another module, as a dependency. */
static void skip_task(struct task *task, const struct task *cause)
{
	struct error none = {0};

	if (!module_id_equal(&task->job->id, &cause->job->id))
		tell_of_dependency(task, cause->job);
	task->result.exit_status = module_id_equal(&task->job->id, &cause->job->id)
					   ? cause->result.exit_status
					   : EXIT_DEPENDENCY;
	end_task(task, JOB_SKIPPED, &none);
}

static bool get_slot(struct engine *engine, struct task *task)
{
	struct error error = {0};

	if (slots_begin(&engine->slots, task->job, &task->loan, &task->makes, &error) == 0)
		return true;
	if (error.code)
		end_task(task, JOB_FAILED, &error);
	return false;
}

/* A build has its slot then. */
static bool may_start(struct engine *engine, struct task *task)
{
	if (is_exclusive(task))
		return !engine->running_exclusive;
	return !is_build(task) || get_slot(engine, task);
}

static void give_back_slots(struct engine *engine, struct task *task)
{
	if (task->loan)
		jobserver_end(&engine->slots.jobserver, task->loan);
	task->loan = NULL;
}

static void start(struct engine *engine, struct task *task)
{
	struct work_context context = engine->context;
	struct error error = {0};

	context.jobserver = &task->makes;
	task->started = deadline_now();
	if (engine->options->watched && is_build(task))
		context.glimpse = task->glimpse = glimpse_new();
	work_prepare(task->job, &context);
	int code = worker_start(&task->worker, task->job, &context, &error);

	job_recorder_begin(&task->recorder);
	if (task->loan)
		jobserver_close_ends(task->loan);
	if (code < 0) {
		give_back_slots(engine, task);
		end_task(task, JOB_FAILED, &error);
		return;
	}
	cleanup(free_string) char *what = job_describe(task->job);

	report(engine->options->reporter, REPORT_DEBUG, "Process %ld is to %s.",
	       (long)task->worker.pid, what);
	task->state = TASK_RUNNING;
	engine->running++;
	engine->running_exclusive |= is_exclusive(task);
}

/* Starts all that can be; skips what can never be. Ends need another look at what waited. */
static void start_ready(struct engine *engine)
{
	engine->slots.jobserver.wanted = false;
	for (size_t i = 0; i < engine->plan->count; i++) {
		struct task *task = &engine->tasks[i];
		const struct task *cause = task;

		if (task->state != TASK_WAITING)
			continue;
		switch (readiness(engine, task, &cause)) {
		case NEVER:
			skip_task(task, cause);
			break;
		case READY:
			job_recorder_ready(&task->recorder);
			if (!engine->stopping && may_start(engine, task))
				start(engine, task);
			break;
		case NOT_YET:
			break;
		}
	}
}

/* Lets the first task that has not ended speak, after all that have ended before it. */
static void show_in_order(struct engine *engine)
{
	while (engine->shown < engine->plan->count) {
		struct task *task = &engine->tasks[engine->shown];

		report_queue_open(&task->queue, engine->options->reporter);
		if (task->state != TASK_ENDED)
			return;
		engine->shown++;
	}
}

static void explain_cut_off(const struct job *job, struct error *error)
{
	cleanup(free_string) char *what = job_describe(job);

	error_clear(error);
	(void)error_set(
		error, -EPROTO, EXIT_BUILD_FAILED,
		"The process that was to %s was ended, because the build put more job slots "
		"into the jobserver than it had been lent.",
		what);
	(void)error_hint(error, "A make or a tool in it writes to the descriptors or the fifo that "
				"MAKEFLAGS names without having read from them.");
}

static void fail_after_all(struct task *task)
{
	task->result = (struct job_result){JOB_FAILED, EXIT_INSTALL};
	job_recorder_end(&task->recorder, &task->result);
}

/* Modules that a depmod could not live with: their installs have failed after all. */
static void fail_taken_back(struct engine *engine, const struct task *depmod)
{
	const char *name;

	STRV_FOREACH (name, &depmod->worker.reader.taken_back)
		for (size_t i = 0; i < engine->plan->count; i++) {
			struct task *task = &engine->tasks[i];
			cleanup(free_string) char *id = NULL;

			if (task->job->kind != JOB_INSTALL ||
			    task->job->kernel != depmod->job->kernel)
				continue;
			id = text_format("%s/%s", task->job->id.name, task->job->id.version);
			if (text_equal(id, name))
				fail_after_all(task);
		}
}

static void finish(struct engine *engine, struct task *task)
{
	struct error error = {0};

	report(engine->options->reporter, REPORT_DEBUG, "Process %ld has ended.",
	       (long)task->worker.pid);
	fail_taken_back(engine, task);
	int code = worker_finish(&task->worker, task->job, &error);

	if (task->cut_off && code < 0)
		explain_cut_off(task->job, &error);
	engine->running--;
	give_back_slots(engine, task);
	if (is_exclusive(task))
		engine->running_exclusive = false;
	if (engine->stopping && code < 0) { /* ended by us: nothing to tell */
		error_clear(&error);
		task->state = TASK_ENDED;
		return;
	}
	end_task(task, code < 0 ? JOB_FAILED : JOB_SUCCEEDED, &error);
}

static void signal_all(struct engine *engine, int number)
{
	for (size_t i = 0; i < engine->plan->count; i++)
		if (engine->tasks[i].state == TASK_RUNNING)
			worker_signal(&engine->tasks[i].worker, number);
}

static void stop(struct engine *engine)
{
	engine->stopping = true;
	signal_all(engine, SIGTERM);
}

/* Shares out the slots; returns how long that will do, in milliseconds. */
static int balance(struct engine *engine)
{
	int patience = jobserver_balance(&engine->slots.jobserver);

	for (size_t i = 0; i < engine->plan->count; i++) {
		struct task *task = &engine->tasks[i];

		if (!task->loan || !task->loan->overdrawn || task->cut_off)
			continue;
		task->cut_off = true;
		worker_signal(&task->worker, SIGKILL);
	}
	return patience;
}

/* How long to wait, in milliseconds: who watches wants to see the time go by. */
static int patience(struct engine *engine)
{
	enum { TICK_MS = 1000 };
	int longest = balance(engine);

	if (!engine->options->watched || !engine->progress.running.count)
		return longest;
	return longest < 0 || longest > TICK_MS ? TICK_MS : longest;
}

/* Waits for output of workers or a signal, and takes it in. */
static void wait_for_workers(struct engine *engine, struct pollfd *fds, struct task **owners)
{
	nfds_t count = 0;

	for (size_t i = 0; i < engine->plan->count; i++) {
		struct task *task = &engine->tasks[i];

		if (task->state != TASK_RUNNING)
			continue;
		owners[count] = task;
		fds[count++] = (struct pollfd){.fd = task->worker.fd, .events = POLLIN};
	}
	fds[count] = (struct pollfd){.fd = engine->stopping ? -1 : interrupt_fd(),
				     .events = POLLIN};
	int ready = poll(fds, count + 1, engine->stopping ? GRACE_MS : patience(engine));

	if (ready == 0 && engine->stopping)
		signal_all(engine, SIGKILL);
	if (ready <= 0)
		return;
	if (fds[count].revents && interrupt_pending())
		stop(engine);
	for (nfds_t i = 0; i < count; i++) {
		if (!fds[i].revents)
			continue;
		worker_read(&owners[i]->worker, &owners[i]->recorder.reporter);
		if (owners[i]->worker.reader.is_idle)
			give_back_slots(engine, owners[i]);
		if (owners[i]->worker.fd < 0)
			finish(engine, owners[i]);
	}
}

static bool all_ended(const struct engine *engine)
{
	for (size_t i = 0; i < engine->plan->count; i++)
		if (engine->tasks[i].state != TASK_ENDED)
			return false;
	return true;
}

static void tell_progress(struct engine *engine)
{
	int64_t first = INT64_MAX;

	progress_clear(&engine->progress);
	for (size_t i = 0; i < engine->plan->count; i++) {
		const struct task *task = &engine->tasks[i];
		bool is_running = task->state == TASK_RUNNING;

		if (!is_build(task))
			continue;
		progress_add(&engine->progress, task->job, is_running, task->state == TASK_ENDED);
		if (is_running && task->started < first) {
			first = task->started;
			engine->progress.slowest = task->glimpse;
		}
	}
	engine->progress.begun = engine->options->watched ? engine->begun : 0;
	if (engine->progress.running.count)
		progress_tell(&engine->progress, deadline_now(), engine->options->reporter);
	else
		progress_end(&engine->progress, engine->options->reporter);
}

static void loop(struct engine *engine)
{
	struct pollfd *fds = xcalloc(engine->plan->count + 1, sizeof(*fds));
	struct task **owners = xcalloc(engine->plan->count + 1, sizeof(struct task *));

	for (;;) {
		start_ready(engine);
		show_in_order(engine);
		tell_progress(engine);
		if (engine->running)
			wait_for_workers(engine, fds, owners);
		else if (engine->stopping || all_ended(engine))
			break;
		else if (interrupt_pending())
			engine->stopping = true;
	}
	free(fds);
	free(owners);
}

static int first_failure(const struct engine *engine)
{
	int status = 0;

	for (size_t i = 0; i < engine->plan->count; i++)
		if (engine->tasks[i].result.outcome == JOB_FAILED)
			status = error_graver_status(status, engine->tasks[i].result.exit_status);
	return status;
}

static struct job_recorder job_recorder_of(struct engine *engine, size_t index)
{
	const struct engine_options *options = engine->options;
	struct run_job *job = options->record ? &options->record->jobs[index] : NULL;

	return (struct job_recorder){
		.reporter = {job_recorder_emit},
		.target = &engine->tasks[index].queue.reporter,
		.job = job,
		.origin = engine->begun,
		.observe = options->observe,
		.observer = options->observer,
	};
}

static void prepare_tasks(struct engine *engine)
{
	engine->tasks = xcalloc(engine->plan->count, sizeof(*engine->tasks));
	for (size_t i = 0; i < engine->plan->count; i++) {
		engine->tasks[i].job = &engine->plan->jobs[i];
		engine->tasks[i].worker.fd = -1;
		report_queue_init(&engine->tasks[i].queue);
		engine->tasks[i].recorder = job_recorder_of(engine, i);
	}
}

static void release(struct engine *engine)
{
	for (size_t i = 0; i < engine->plan->count; i++) {
		if (engine->options->results)
			engine->options->results[i] = engine->tasks[i].result;
		report_queue_free(&engine->tasks[i].queue);
		glimpse_free(engine->tasks[i].glimpse);
	}
	free(engine->tasks);
	module_files_free(&engine->files);
	slots_close(&engine->slots);
	cage_support_free(&engine->support);
}

/* Reports an error of the engine itself. */
static int fail(const struct engine_options *options, struct error *error)
{
	int status = error_exit_status(error);

	report_text(options->reporter, REPORT_ERROR, error->message);
	error_clear(error);
	return status;
}

static bool has_builds(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (job_is_build(&plan->jobs[i]))
			return true;
	return false;
}

int engine_run(const struct plan *plan, const struct engine_options *options)
{
	struct engine engine = {.plan = plan, .options = options, .begun = deadline_now()};
	struct error error = {0};

	engine.context = (struct work_context){
		.options = options,
		.plan = plan,
		.jobs = slots_parallel_jobs(options->settings),
		.cage_support = &engine.support,
		.files = &engine.files,
	};
	if (has_builds(plan) && cage_find_support(&engine.support, &error) < 0)
		return fail(options, &error);
	recorder_open(options->record, plan);
	prepare_tasks(&engine);
	slots_open(&engine.slots, options->settings, plan, engine.context.jobs);
	process_adopt_orphans();
	loop(&engine);
	int status = first_failure(&engine);

	recorder_close(options->record, engine.begun, status);
	release(&engine);
	if (engine.stopping) {
		/* Files that children of the dead workers hold cannot be swept away. */
		process_await_orphans(GRACE_MS);
		settle_unfinished(options->settings, options->reporter);
		(void)interrupt_error(&error);
		return fail(options, &error);
	}
	return status;
}

int engine_recover(const struct engine_options *options, struct error *error)
{
	return settle_dead_runs(options->settings, options->reporter, error);
}
