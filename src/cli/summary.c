/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/summary.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/text.h"

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

static void add_failure(struct buffer *text, const struct run_job *job)
{
	const char *message = job->message ? job->message : "";

	buffer_add_format(text, "\n  %s/%s%s%s: %.*s", job->id.name ? job->id.name : "?",
			  job->id.version ? job->id.version : "?",
			  job->kernel.release ? " for kernel " : "",
			  job->kernel.release ? job->kernel.release : "",
			  (int)strcspn(message, "\n"), message);
}

char *summary_text(const struct run *run)
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

void summary_show(const struct run *run, struct text_ui *ui)
{
	cleanup(free_string) char *text = NULL;

	if (!ui->is_terminal || ui->events)
		return;
	text = summary_text(run);
	if (text)
		report_text(&ui->reporter, REPORT_LINE, text);
}
