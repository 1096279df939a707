/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Graphs as data: each file tests/unit/engine/graphs/NAME.graph holds a plan and what must come of
 * it. A line is
 *
 *	job NAME ok|fail:STATUS [any] [needs:JOB|after:JOB …]	any: only after some success
 *	expect NAME succeeded|failed|skipped [STATUS]
 *	status STATUS
 *	output TEXT		one line of what is reported, in order
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "engine/engine.h"

#define GRAPHS "tests/unit/engine/graphs"

struct graph {
	struct plan plan;
	struct strv names;
	struct strv expectations;
	struct strv output;
	int status;
};

struct recorder {
	struct reporter reporter;
	struct strv lines;
};

static void record(struct reporter *reporter, enum report_kind kind, const char *text)
{
	strv_add_format(&((struct recorder *)reporter)->lines, "%s%s",
			kind == REPORT_ERROR ? "! " : "", text);
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
	bool ok = text_equal(words->items[2], "ok");
	/* Each job is a module of its own, so that dependencies can be told from own failures. */
	const struct module_id id = {(char *)name, (char *)"1"};
	size_t index = plan_add_job(&graph->plan, ok ? JOB_NOTICE : JOB_FAILURE, &id, NULL);
	struct job *job = &graph->plan.jobs[index];

	strv_add(&graph->names, name);
	if (ok)
		job->text = xstrdup(name);
	else
		(void)error_set(&job->error, -EIO, atoi(words->items[2] + strlen("fail:")), "%s",
				name);
	for (size_t i = 3; i < words->count; i++) {
		const char *word = words->items[i];
		bool needs = text_starts_with(word, "needs:");

		if (text_equal(word, "any")) {
			graph->plan.jobs[index].follows_success = true;
			continue;
		}
		plan_add_edge(&graph->plan, index,
			      index_of(graph, word + strlen(needs ? "needs:" : "after:")), needs);
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
	else if (text_equal(words.items[0], "status"))
		graph->status = atoi(words.items[1]);
	else if (text_equal(words.items[0], "output"))
		strv_add(&graph->output, line + strlen("output "));
	else if (text_equal(words.items[0], "expect"))
		strv_add(&graph->expectations, line);
	else
		fail_msg("what is \"%s\"?", line);
}

static struct graph read_graph(const char *path)
{
	cleanup(strv_free) struct strv lines = {0};
	cleanup(free_string) char *text = NULL;
	struct graph graph = {0};
	struct error error = {0};
	const char *line;

	assert_int_equal(file_read(path, 1 << 20, &text, NULL, &error), 0);
	strv_split(&lines, text, "\n");
	STRV_FOREACH (line, &lines)
		read_line(&graph, line);
	return graph;
}

static void check_expectation(const struct graph *graph, const struct job_result *results,
			      const char *line)
{
	static const char *const outcomes[] = {"not-run", "succeeded", "failed", "skipped"};
	cleanup(strv_free) struct strv words = {0};

	strv_split(&words, line, " \t");
	const struct job_result *result = &results[index_of(graph, words.items[1])];

	if (!text_equal(outcomes[result->outcome], words.items[2]))
		fail_msg("%s: %s is %s", line, words.items[1], outcomes[result->outcome]);
	if (words.count > 3)
		assert_int_equal(result->exit_status, atoi(words.items[3]));
}

static void run_graph(const char *path)
{
	struct graph graph = read_graph(path);
	struct recorder recorder = {{record}, {0}};
	struct settings settings = {.parallel_jobs = 2};
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
	plan_free(&graph.plan);
	strv_free(&graph.names);
	strv_free(&graph.expectations);
	strv_free(&graph.output);
	strv_free(&recorder.lines);
}

static void every_graph_comes_out_as_written(void **state)
{
	cleanup(strv_free) struct strv names = {0};
	struct error error = {0};
	const char *name;

	(void)state;
	assert_int_equal(directory_list(GRAPHS, &names, &error), 0);
	assert_true(names.count > 5);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(GRAPHS, name, NULL);

		print_message("# %s\n", name);
		run_graph(path);
	}
}

UNIT_MAIN(cmocka_unit_test(every_graph_comes_out_as_written))
