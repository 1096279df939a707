/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Graphs as data: each file tests/unit/engine/graphs/NAME.graph holds a plan and what must come of
 * it. The engine runs it, with workers that only pretend to work. A line is
 *
 *	job NAME HOW [build|change] [any] [needs:JOB|after:JOB …]
 *		HOW: ok, fail:STATUS, dies (by a signal), interrupts (Ctrl-C, and waits for ever),
 *		takes (a slot more, and dies), lingers (a while, waiting for nobody),
 *		until:JOB (that begins), idle-until:JOB (having said that it is idle),
 *		idle-dies (by a signal, having said so);
 *		any: only after some success
 *	slots COUNT			how many builds may run at once; 2
 *	expect NAME succeeded|failed|skipped|not-run [STATUS]
 *	before NAME OTHER		it has ended when the other begins
 *	during NAME OTHER		it has not
 *	together builds|changes COUNT	that many at once at some time, never more
 *	status STATUS
 *	output TEXT			one line of what is reported, in order
 */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "build/build.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/work.h"

#define GRAPHS "tests/unit/engine/graphs"

struct graph {
	struct plan plan;
	struct strv names;
	struct strv expectations; /* lines */
	struct strv output;
	int slots;
	int status;
};

enum { BUILDS, CHANGES, KINDS };
enum { JOBS = 64, PATIENCE_MS = 5000, DWELL_US = 50000, LINGER_US = 500000 };

/* What workers tell each other and the test. Times are counted in beginnings and ends. */
static struct {
	atomic_int now[KINDS], most[KINDS];
	int wanted[KINDS]; /* workers wait for each other until so many were there at once */
	atomic_int clock;
	struct {
		atomic_int began, ended;
	} jobs[JOBS];
} * shared;

struct recorder {
	struct reporter reporter;
	struct strv lines;
};

static void record(struct reporter *reporter, enum report_kind kind, const char *text)
{
	if (kind == REPORT_PROGRESS || kind == REPORT_DEBUG)
		return;
	strv_add_format(&((struct recorder *)reporter)->lines, "%s%s",
			kind == REPORT_ERROR ? "! " : "", text);
}

static void meet(int kind)
{
	int now = ++shared->now[kind], most = shared->most[kind];

	while (now > most && !atomic_compare_exchange_weak(&shared->most[kind], &most, now))
		;
	for (int i = 0; i < PATIENCE_MS && shared->most[kind] < shared->wanted[kind]; i++)
		(void)usleep(1000);
	(void)usleep(DWELL_US); /* whoever may not be here has time to come */
	shared->now[kind]--;
}

static void await(const struct plan *plan, const char *name)
{
	size_t index = 0;

	while (index < plan->count && !text_equal(plan->jobs[index].id.name, name))
		index++;
	assert_true(index < plan->count);
	for (int i = 0; i < PATIENCE_MS && !shared->jobs[index].began; i++)
		(void)usleep(1000);
}

static int pretend(const struct job *job, const struct work_context *context,
		   struct reporter *reporter, struct error *error)
{
	char slot;

	if (text_equal(job->text, "takes"))
		assert_int_equal(read(context->jobserver->ends[0], &slot, 1), 1);
	if (text_starts_with(job->text, "idle"))
		report_text(reporter, REPORT_IDLE, "");
	if (text_ends_with(job->text, "dies") || text_equal(job->text, "takes"))
		(void)raise(SIGKILL);
	if (text_equal(job->text, "interrupts")) {
		(void)kill(getppid(), SIGINT);
		for (;;)
			(void)pause();
	}
	if (text_equal(job->text, "lingers"))
		(void)usleep(LINGER_US);
	else if (strstr(job->text, "until:"))
		await(context->plan, strchr(job->text, ':') + 1);
	else if (!text_equal(job->text, "ok"))
		return error_set(error, -EIO, atoi(job->text + strlen("fail:")), "%s",
				 job->id.name);
	report_text(reporter, REPORT_LINE, job->id.name);
	return 0;
}

/* In the place of src/engine/work.c. */
void work_prepare(const struct job *job, const struct work_context *context)
{
	(void)job;
	(void)context;
}

int work_run(const struct job *job, const struct work_context *context, struct reporter *reporter,
	     struct error *error)
{
	size_t index = (size_t)(job - context->plan->jobs);

	shared->jobs[index].began = ++shared->clock;
	if (job->kind != JOB_NOTICE && !text_equal(job->text, "takes") &&
	    !text_equal(job->text, "lingers"))
		meet(job->kind == JOB_BUILD ? BUILDS : CHANGES);
	int code = pretend(job, context, reporter, error);

	shared->jobs[index].ended = ++shared->clock;
	return code;
}

static size_t index_of(const struct graph *graph, const char *name)
{
	for (size_t i = 0; i < graph->names.count; i++)
		if (text_equal(graph->names.items[i], name))
			return i;
	fail_msg("no job %s", name);
	return 0;
}

static void read_job(struct graph *graph, const struct strv *words)
{
	const char *name = words->items[1];
	/* Each job is a module of its own, so that dependencies can be told from own failures. */
	const struct module_id id = {(char *)name, (char *)"1"};
	size_t index = plan_add_job(&graph->plan, JOB_NOTICE, &id, NULL);

	assert_true(index < JOBS);
	strv_add(&graph->names, name);
	graph->plan.jobs[index].text = xstrdup(words->items[2]);
	for (size_t i = 3; i < words->count; i++) {
		const char *word = words->items[i];
		bool needs = text_starts_with(word, "needs:");

		if (text_equal(word, "any"))
			graph->plan.jobs[index].follows_success = true;
		else if (text_equal(word, "build"))
			graph->plan.jobs[index].kind = JOB_BUILD;
		else if (text_equal(word, "change"))
			graph->plan.jobs[index].kind = JOB_INSTALL;
		else
			plan_add_edge(&graph->plan, index,
				      index_of(graph, word + strlen(needs ? "needs:" : "after:")),
				      needs);
	}
}

static void read_line(struct graph *graph, const char *line)
{
	cleanup(strv_free) struct strv words = {0};

	strv_split(&words, line, " \t");
	if (!words.count || words.items[0][0] == '#')
		return;
	if (text_equal(words.items[0], "job"))
		read_job(graph, &words);
	else if (text_equal(words.items[0], "slots"))
		graph->slots = atoi(words.items[1]);
	else if (text_equal(words.items[0], "status"))
		graph->status = atoi(words.items[1]);
	else if (text_equal(words.items[0], "output"))
		strv_add(&graph->output, line + strlen("output "));
	else
		strv_add(&graph->expectations, line);
	if (text_equal(words.items[0], "together"))
		shared->wanted[text_equal(words.items[1], "builds") ? BUILDS : CHANGES] = atoi(
			words.items[2]);
}

static struct graph read_graph(const char *path)
{
	cleanup(strv_free) struct strv lines = {0};
	cleanup(free_string) char *text = NULL;
	struct graph graph = {.slots = 2};
	struct error error = {0};
	const char *line;

	assert_int_equal(file_read(path, 1 << 20, &text, NULL, &error), 0);
	strv_split(&lines, text, "\n");
	STRV_FOREACH (line, &lines)
		read_line(&graph, line);
	return graph;
}

static void check_outcome(const struct graph *graph, const struct job_result *results,
			  const struct strv *words)
{
	static const char *const outcomes[] = {"not-run", "succeeded", "failed", "skipped"};
	const struct job_result *result = &results[index_of(graph, words->items[1])];

	if (!text_equal(outcomes[result->outcome], words->items[2]))
		fail_msg("%s is %s", words->items[1], outcomes[result->outcome]);
	if (words->count > 3)
		assert_int_equal(result->exit_status, atoi(words->items[3]));
}

static void check_order(const struct graph *graph, const struct strv *words)
{
	bool before = text_equal(words->items[0], "before");
	int ended = shared->jobs[index_of(graph, words->items[1])].ended;
	int began = shared->jobs[index_of(graph, words->items[2])].began;

	assert_true(ended > 0 && began > 0);
	if (before != (ended < began))
		fail_msg("%s had %s ended when %s began", words->items[1],
			 before ? "not" : "already", words->items[2]);
}

static void check_expectation(const struct graph *graph, const struct job_result *results,
			      const char *line)
{
	cleanup(strv_free) struct strv words = {0};

	strv_split(&words, line, " \t");
	if (text_equal(words.items[0], "expect"))
		check_outcome(graph, results, &words);
	else if (text_equal(words.items[0], "before") || text_equal(words.items[0], "during"))
		check_order(graph, &words);
	else if (text_equal(words.items[0], "together"))
		assert_int_equal(
			shared->most[text_equal(words.items[1], "builds") ? BUILDS : CHANGES],
			atoi(words.items[2]));
	else
		fail_msg("what is \"%s\"?", line);
}

static void graph_free(struct graph *graph)
{
	plan_free(&graph->plan);
	strv_free(&graph->names);
	strv_free(&graph->expectations);
	strv_free(&graph->output);
}

static void run_graph(const char *path)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(graph_free) struct graph graph = read_graph(path);
	struct recorder recorder = {{record}, {0}};
	struct settings settings = {.parallel_jobs = graph.slots, .dkms_tree = scratch};
	struct job_result *results = xcalloc(graph.plan.count, sizeof(*results));
	const struct engine_options options = {
		.settings = &settings, .reporter = &recorder.reporter, .results = results};
	const char *line;

	assert_int_equal(engine_run(&graph.plan, &options), graph.status);
	STRV_FOREACH (line, &graph.expectations)
		check_expectation(&graph, results, line);
	cleanup(free_string) char *said = strv_join(&recorder.lines, "\n");
	cleanup(free_string) char *expected = strv_join(&graph.output, "\n");

	assert_string_equal(said, expected);
	free(results);
	strv_free(&recorder.lines);
}

/* In a process of its own, which an interrupt may end. */
static void run_apart(const char *path)
{
	struct error error = {0};
	int status;

	memset(shared, 0, sizeof(*shared));
	pid_t pid = fork();

	if (pid == 0) {
		assert_int_equal(interrupt_install(&error), 0);
		run_graph(path);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		fail_msg("%s did not come out as written", path);
}

static void every_graph_comes_out_as_written(void **state)
{
	cleanup(strv_free) struct strv names = {0};
	struct error error = {0};
	const char *name;

	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert_true(shared != MAP_FAILED);
	assert_int_equal(directory_list(GRAPHS, &names, &error), 0);
	assert_true(names.count > 5);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(GRAPHS, name, NULL);

		print_message("# %s\n", name);
		run_apart(path);
	}
	assert_int_equal(munmap(shared, sizeof(*shared)), 0);
}

UNIT_MAIN(cmocka_unit_test(every_graph_comes_out_as_written))
