/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/pictures.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/actions.h"
#include "inspect/graph.h"

enum { BAR = 16, DATE_SIZE = sizeof "2026-11-23 11:30:00", ROW = 22, LEFT = 320, WIDTH = 1240 };

static bool has_run(const struct run_job *job)
{
	return job->begun >= 0 && !text_equal(job->kind, "notice");
}

/* "build foo/1.0 (6.1.0)" */
static char *describe(const struct run_job *job)
{
	return text_format("%s%s%s%s%s%s%s%s", job->kind, job->id.name ? " " : "",
			   job->id.name ? job->id.name : "", job->id.version ? "/" : "",
			   job->id.version ? job->id.version : "", job->kernel.release ? " (" : "",
			   job->kernel.release ? job->kernel.release : "",
			   job->kernel.release ? ")" : "");
}

static int64_t scaled(int64_t at, int64_t whole, int width)
{
	return whole > 0 && at > 0 ? (at < whole ? at : whole) * width / whole : 0;
}

static void show_job(const struct run *run, const struct run_job *job, struct reporter *reporter)
{
	cleanup(free_string) char *what = describe(job);
	char bar[BAR + 1];
	int64_t from = scaled(job->begun, run->milliseconds, BAR - 1);
	int64_t to = scaled(job->ended, run->milliseconds, BAR - 1);

	memset(bar, ' ', BAR);
	bar[BAR] = '\0';
	for (int64_t i = from; i <= to && i < BAR; i++)
		bar[i] = '#';
	report(reporter, REPORT_LINE, "%7.2f s %7.2f s |%s| %s%s%s%s", (double)job->begun / 1000,
	       (double)(job->ended - job->begun) / 1000, bar, what,
	       text_equal(job->outcome, "succeeded") ? "" : ": ",
	       text_equal(job->outcome, "succeeded") ? "" : job->outcome,
	       job->ready >= 0 && job->begun - job->ready > 100 ? " (waited for a slot)" : "");
	for (size_t i = 0; i < job->step_count; i++)
		if (job->steps[i].ended - job->steps[i].begun >= 10)
			report(reporter, REPORT_LINE, "%7.2f s %7.2f s   %s",
			       (double)job->steps[i].begun / 1000,
			       (double)(job->steps[i].ended - job->steps[i].begun) / 1000,
			       job->steps[i].label);
}

static void show(const struct run *run, struct reporter *reporter)
{
	char date[DATE_SIZE] = "";
	struct tm parts;
	time_t when = (time_t)run->when;

	if (localtime_r(&when, &parts))
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &parts);
	report(reporter, REPORT_LINE, "dkms %s, %s: %.2f s, exit status %d", run->action, date,
	       (double)run->milliseconds / 1000, run->exit_status);
	report_text(reporter, REPORT_LINE, "    begun      took");
	for (size_t i = 0; i < run->count; i++)
		if (has_run(&run->jobs[i]))
			show_job(run, &run->jobs[i], reporter);
}

static void add_escaped(struct buffer *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			buffer_add_text(out, "&lt;");
		else if (*text == '&')
			buffer_add_text(out, "&amp;");
		else if ((unsigned char)*text >= ' ')
			buffer_add_char(out, *text);
	}
}

static void add_bar(struct buffer *out, const struct run *run, int64_t begun, int64_t ended,
		    int row, const char *class)
{
	int64_t from = scaled(begun, run->milliseconds, WIDTH - LEFT - 20);
	int64_t to = scaled(ended, run->milliseconds, WIDTH - LEFT - 20);

	buffer_add_format(out,
			  "<rect class=\"%s\" x=\"%jd\" y=\"%d\" width=\"%jd\" height=\"%d\"/>\n",
			  class, (intmax_t)(LEFT + from), row * ROW + 34,
			  (intmax_t)(to > from ? to - from : 1), ROW - 6);
}

/* In the bar, or in front of a bar that begins near the right edge. */
static void add_seconds(struct buffer *out, const struct run *run, const struct run_job *job,
			int row)
{
	int64_t from = scaled(job->begun, run->milliseconds, WIDTH - LEFT - 20);
	bool is_late = from > WIDTH - LEFT - 90;

	buffer_add_format(out, "<text x=\"%jd\" y=\"%d\"%s>%.2f s</text>\n",
			  (intmax_t)(LEFT + from + (is_late ? -4 : 4)), row * ROW + 47,
			  is_late ? " text-anchor=\"end\"" : "",
			  (double)(job->ended - job->begun) / 1000);
}

static void add_row(struct buffer *out, const struct run *run, const struct run_job *job, int row)
{
	cleanup(free_string) char *what = describe(job);

	buffer_add_format(out, "<text x=\"10\" y=\"%d\">", row * ROW + 47);
	add_escaped(out, what);
	buffer_add_text(out, "</text>\n");
	if (job->ready >= 0)
		add_bar(out, run, job->ready, job->begun, row, "wait");
	add_bar(out, run, job->begun, job->ended, row,
		text_equal(job->outcome, "failed") ? "failed" : "job");
	for (size_t i = 0; i < job->step_count; i++)
		if (job->steps[i].ended >= 0)
			add_bar(out, run, job->steps[i].begun, job->steps[i].ended, row, "step");
	add_seconds(out, run, job, row);
}

char *timeline_picture(const struct run *run)
{
	struct buffer rows = {0}, out = {0};
	int count = 0;

	buffer_add_text(&rows, "");
	for (size_t i = 0; i < run->count; i++)
		if (has_run(&run->jobs[i]))
			add_row(&rows, run, &run->jobs[i], count++);
	buffer_add_format(&out,
			  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\">\n"
			  "<style>text{font:12px sans-serif;fill:#111}.job{fill:#8ab4e8}"
			  ".failed{fill:#e88a8a}.wait{fill:#ddd}.step{fill:#5a8fd0;opacity:.6}"
			  "</style>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
			  "<text x=\"10\" y=\"20\">dkms ",
			  WIDTH, count * ROW + 44);
	add_escaped(&out, run->action);
	buffer_add_format(&out, ": %.2f s</text>\n%s</svg>\n", (double)run->milliseconds / 1000,
			  rows.data);
	buffer_free(&rows);
	return buffer_take(&out);
}

static int draw_timeline(const struct invocation *invocation, const struct run *run,
			 struct error *error)
{
	cleanup(free_string) char *text = timeline_picture(run);

	if (file_write(invocation->options->svg, text, strlen(text), 0644, error) < 0)
		return error->code;
	report(&invocation->ui->reporter, REPORT_LINE, "%s shows the run.",
	       invocation->options->svg);
	return 0;
}

int action_timeline(struct invocation *invocation, int *ret_status, struct error *error)
{
	cleanup(runs_free) struct runs runs = {0};

	runs_read(&invocation->settings, &runs);
	*ret_status = 0;
	if (!runs.count)
		return error_set(
			error, -ENOENT, EXIT_NOT_FOUND,
			"Nothing is known of an earlier run. Every run that does something "
			"is recorded.");
	if (invocation->options->json) {
		cleanup(free_string) char *text = run_print(&runs.items[0]);

		report_text(&invocation->ui->reporter, REPORT_OUTPUT, text);
		return 0;
	}
	if (invocation->options->svg)
		return draw_timeline(invocation, &runs.items[0], error);
	show(&runs.items[0], &invocation->ui->reporter);
	return 0;
}

/* dkms graph: which modules need which others. Graphviz lays it out, where it is installed. */

/* dot(1) reads the graph from a file without a name. */
static int open_text(const char *text, struct error *error)
{
	FILE *file = tmpfile();
	int fd;

	if (!file)
		return error_errno(error, -errno, 0, "Cannot make a temporary file");
	if (fputs(text, file) == EOF || fflush(file) == EOF ||
	    lseek(fileno(file), 0, SEEK_SET) < 0 ||
	    (fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3)) < 0) {
		int code = -errno;

		(void)fclose(file);
		return error_errno(error, code, 0, "Cannot write a temporary file");
	}
	return fclose(file) == EOF ? error_errno(error, -errno, 0, "Cannot close a temporary file")
				   : fd;
}

int graph_picture(const char *text, char **ret_picture, size_t *ret_length, struct error *error)
{
	enum { LIMIT = 64 << 20, SECONDS = 60 };
	const char *const argv[] = {"dot", "-Tsvg", NULL};
	cleanup(close_fd) int input = open_text(text, error);
	cleanup(free_string) char *picture = NULL;
	size_t length = 0;
	int status = 0;

	if (input < 0)
		return error->code;
	const struct process process = {
		.argv = (char *const *)argv, .stdin_fd = input, .timeout_seconds = SECONDS};

	if (process_capture(&process, LIMIT, &picture, &length, &status, error) < 0)
		return error_hint(error, "dot of Graphviz draws it. `dkms graph` alone prints what "
					 "is to be drawn.");
	if (status)
		return error_set(error, -ECHILD, 0, "dot ended with status %d.", status);
	*ret_picture = TAKE(picture);
	*ret_length = length;
	return 0;
}

static int draw_graph(const struct invocation *invocation, const char *text, struct error *error)
{
	cleanup(free_string) char *picture = NULL;
	size_t length = 0;

	if (graph_picture(text, &picture, &length, error) < 0 ||
	    file_write(invocation->options->svg, picture, length, 0644, error) < 0)
		return error->code;
	report(&invocation->ui->reporter, REPORT_LINE, "%s shows the modules.",
	       invocation->options->svg);
	return 0;
}

int action_graph(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct status_filter filter = {
		.id = &invocation->id,
		.kernels = &invocation->kernels,
		.arches = &invocation->options->arches,
	};
	cleanup(free_string) char *text = NULL;

	if (invocation_require_known(invocation, error) < 0 ||
	    graph_dot(&invocation->settings, invocation->distro, &filter, &text, error) < 0)
		return error->code;
	*ret_status = 0;
	if (invocation->options->svg)
		return draw_graph(invocation, text, error);
	report_text(&invocation->ui->reporter, REPORT_OUTPUT, text);
	return 0;
}
