/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/recorder.h"

#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"

/*
 * The progress of the builds of a run, as one line (REPORT_PROGRESS):
 * "[1 of 3 built, 12 s] foo (6.1.0)". When nothing has changed for ten seconds, the line ends in
 * what the log of the slowest build says last. What is fetched from a remote is shown at once.
 */

enum { SILENCE_MS = 10000 };

void progress_clear(struct progress *progress)
{
	progress->ended = progress->total = 0;
	progress->slowest = NULL;
	strv_free(&progress->running);
}

void progress_add(struct progress *progress, const struct job *job, bool running, bool ended)
{
	progress->total++;
	progress->ended += ended;
	if (running)
		strv_add_format(&progress->running, "%s (%s)", job->id.name,
				job->kernel ? job->kernel->id.release : "");
}

static bool is_silent(struct progress *progress, const char *names, int64_t now)
{
	if (text_equal(names, progress->names))
		return now - progress->changed >= SILENCE_MS;
	text_assign(&progress->names, names);
	progress->changed = now;
	return false;
}

/* The line; NULL: a single build, which has been said to begin, and is young. */
static char *describe(struct progress *progress, int64_t now)
{
	cleanup(free_string) char *names = strv_join(&progress->running, ", ");
	cleanup(free_string) char *counted = text_format("%zu of %zu built", progress->ended,
							 progress->total);
	cleanup(free_string) char *all = text_format("%s %s", counted, names);
	bool silent = is_silent(progress, all, now);
	bool shows = silent || glimpse_is_live(progress->slowest);
	cleanup(free_string) char *line = shows ? glimpse_read(progress->slowest) : NULL;
	int64_t seconds = progress->begun ? (now - progress->begun) / 1000 : 0;

	if (progress->total < 2)
		return shows ? text_format("[%jd s]%s%s", (intmax_t)seconds, line ? " " : "",
					   line ? line : "")
			     : NULL;
	if (!seconds)
		return text_format("[%s] %s", counted, names);
	return text_format("[%s, %jd s] %s%s%s", counted, (intmax_t)seconds, names,
			   line ? ": " : "", line ? line : "");
}

void progress_tell(struct progress *progress, int64_t now, struct reporter *reporter)
{
	char *text = progress->running.count ? describe(progress, now) : NULL;

	if (!text || text_equal(text, progress->told)) {
		free(text);
		return;
	}
	free(progress->told);
	progress->told = text;
	report_text(reporter, REPORT_PROGRESS, text);
}

void progress_end(struct progress *progress, struct reporter *reporter)
{
	if (progress->told)
		report_text(reporter, REPORT_PROGRESS, "");
	free(progress->told);
	progress->told = NULL;
	text_assign(&progress->names, NULL);
	progress_clear(progress);
}

enum { STEPS_LIMIT = 200 };

static int64_t now(const struct job_recorder *recorder)
{
	return deadline_now() - recorder->origin;
}

static void close_step(struct job_recorder *recorder)
{
	if (recorder->step_open)
		recorder->job->steps[recorder->job->step_count - 1].ended = now(recorder);
	recorder->step_open = false;
}

static void open_step(struct job_recorder *recorder, const char *label)
{
	struct run_job *job = recorder->job;

	close_step(recorder);
	if (job->step_count == STEPS_LIMIT)
		return;
	*ARRAY_ADD(job->steps, job->step_count) = (struct run_step){xstrdup(label), now(recorder),
								    -1};
	recorder->step_open = true;
}

/* Signing reports a line for each module. The lines count as one step. */
static void note_line(struct job_recorder *recorder, const char *text)
{
	const struct run_job *job = recorder->job;
	bool signing = text_starts_with(text, "Signing module ");

	if (signing && recorder->step_open &&
	    text_equal(job->steps[job->step_count - 1].label, "Signing"))
		return;
	close_step(recorder);
	if (signing)
		open_step(recorder, "Signing");
}

void job_recorder_emit(struct reporter *reporter, enum report_kind kind, const char *text)
{
	struct job_recorder *recorder = (struct job_recorder *)reporter;

	if (recorder->job) {
		if (kind == REPORT_STEP)
			open_step(recorder, text);
		else if (kind == REPORT_STEP_DONE)
			close_step(recorder);
		else if (kind == REPORT_LINE)
			note_line(recorder, text);
		else if (kind == REPORT_ERROR)
			text_assign(&recorder->job->message, text);
	}
	report_text(recorder->target, kind, text);
}

void recorder_open(struct run *run, const struct plan *plan)
{
	if (!run)
		return;
	run->when = (int64_t)time(NULL);
	run->jobs = xcalloc(plan->count + 1, sizeof(*run->jobs));
	run->count = plan->count;
	for (size_t i = 0; i < plan->count; i++) {
		const struct job *job = &plan->jobs[i];

		run->jobs[i] = (struct run_job){
			.kind = xstrdup(job_kind_name(job->kind)),
			.id = job->id.name ? module_id_new(job->id.name, job->id.version)
					   : (struct module_id){0},
			.kernel = job->kernel ? kernel_id_new(job->kernel->id.release,
							      job->kernel->id.arch)
					      : (struct kernel_id){0},
			.outcome = xstrdup("not run"),
			.ready = -1,
			.begun = -1,
			.ended = -1,
		};
	}
}

void recorder_close(struct run *run, int64_t origin, int exit_status)
{
	if (!run)
		return;
	run->milliseconds = deadline_now() - origin;
	run->exit_status = exit_status;
}

void job_recorder_ready(struct job_recorder *recorder)
{
	if (recorder->job && recorder->job->ready < 0)
		recorder->job->ready = now(recorder);
}

static void tell(const struct job_recorder *recorder)
{
	if (recorder->observe)
		recorder->observe(recorder->observer, recorder->job);
}

void job_recorder_begin(struct job_recorder *recorder)
{
	if (!recorder->job)
		return;
	recorder->job->begun = now(recorder);
	tell(recorder);
}

void job_recorder_end(struct job_recorder *recorder, const struct job_result *result)
{
	static const char *const names[] = {
		[JOB_NOT_RUN] = "not run",
		[JOB_SUCCEEDED] = "succeeded",
		[JOB_FAILED] = "failed",
		[JOB_SKIPPED] = "skipped",
	};

	if (!recorder->job)
		return;
	close_step(recorder);
	recorder->job->ended = now(recorder);
	recorder->job->exit_status = result->exit_status;
	text_assign(&recorder->job->outcome, names[result->outcome]);
	tell(recorder);
}
