/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/summary.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/text.h"
#include "cli/actions.h"
#include "tree/registry.h"

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
 * What to remember of a failure: the explanation that follows the first errors of the log, else the
 * first of those, else the first line.
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

void summary_show(const struct invocation *invocation, const struct run *run)
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
