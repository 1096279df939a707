/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/text_reporter.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/events.h"

/* The end of a terminal's last line, which comes and goes: how far a run is. */

enum { USUAL_WIDTH = 80, SHORTEST = 20 };

static void live_init(struct live *live)
{
	const char *terminal = getenv("TERM");

	*live = (struct live){.possible = isatty(STDOUT_FILENO) && !text_empty(terminal) &&
					  !text_equal(terminal, "dumb")};
}

/* Erases the progress text; `before` stays in the line. */
static void live_hide(struct live *live, const char *before)
{
	if (!live->shown)
		return;
	(void)printf("\r\033[K%s", before);
	(void)fflush(stdout);
	live->shown = false;
}

static void live_release(struct live *live)
{
	live_hide(live, "");
	free(live->text);
	live->text = NULL;
}

/* Sets the text that live_show() prints; "" for nothing. Call it while nothing is shown. */
static void live_set(struct live *live, const char *text)
{
	free(live->text);
	live->text = text_empty(text) ? NULL : xstrdup(text);
}

static int terminal_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col
									   : USUAL_WIDTH;
}

/* The largest number of bytes, at most so many, that cuts no character in two. */
static int whole_characters(const char *text, int room)
{
	if ((int)strlen(text) <= room)
		return room;
	while (room && ((unsigned char)text[room] & 0xc0) == 0x80)
		room--;
	return room;
}

/* Appends the progress text after `before` ("" for nothing), cut to the terminal's width. */
static void live_show(struct live *live, const char *before)
{
	/* A line that is full to its end would be followed by a second one. */
	int room = terminal_width() - (int)strlen(before) - 2;

	if (!live->possible || !live->text || live->shown || room < SHORTEST)
		return;
	(void)printf("%s%.*s", *before ? " " : "", whole_characters(live->text, room), live->text);
	(void)fflush(stdout);
	live->shown = true;
}

/* The word before a message, on stderr. */
static const char *prefix(enum report_kind kind)
{
	switch (kind) {
	case REPORT_WARNING:
		return "Warning: ";
	case REPORT_DEPRECATED:
		return "Deprecated feature: ";
	case REPORT_CONF_ERROR:
		return "dkms.conf: Error! ";
	case REPORT_CONF_WARNING:
		return "dkms.conf: Warning! ";
	case REPORT_ERROR:
		return "\nError! ";
	default:
		return NULL;
	}
}

/* Something else is about to be said while a step runs, or after a script's output: that line ends
 * here. */
static void end_line(struct text_ui *ui)
{
	if (ui->step_open || ui->output_open)
		(void)putchar('\n');
	ui->step_open = false;
	ui->output_open = false;
}

/* The text of the last line. */
static const char *last_line(const struct text_ui *ui)
{
	return ui->step_open ? ui->step : "";
}

static void print_buffer(const struct buffer *text)
{
	if (text->length)
		(void)fwrite(text->data, 1, text->length, stdout);
}

/* Script output reaches a terminal filtered, anything else to the letter. */
static void print_output(struct text_ui *ui, const char *text)
{
	cleanup(buffer_free) struct buffer shown = {0};

	if (ui->is_terminal)
		terminal_filter_add(&ui->output, text, strlen(text), &shown);
	else
		buffer_add_text(&shown, text);
	print_buffer(&shown);
	if (*text)
		ui->output_open = text[strlen(text) - 1] != '\n';
}

/* Whatever comes next does not complete the output's last character. */
static void end_output(struct text_ui *ui)
{
	cleanup(buffer_free) struct buffer shown = {0};

	terminal_filter_end(&ui->output, &shown);
	print_buffer(&shown);
}

static void print_line(const char *text, FILE *stream)
{
	(void)fputs(text, stream);
	(void)putc('\n', stream);
}

static void print_wrote(const struct text_ui *ui, const char *path)
{
	if (!ui->quiet)
		(void)fputs("Wrote: ", stdout);
	print_line(path, stdout);
}

static void print_step_end(struct text_ui *ui, const char *text)
{
	if (!ui->step_open && text_empty(text))
		return; /* its line has been ended by something more important */
	if (text_empty(text))
		(void)puts(" done.");
	else
		print_line(text, stdout);
	ui->step_open = false;
}

static void print_stdout(struct text_ui *ui, enum report_kind kind, const char *text)
{
	if (kind == REPORT_STEP_DONE) {
		print_step_end(ui, text);
		return;
	}
	if (kind != REPORT_OUTPUT || ui->step_open)
		end_line(ui);
	if (kind == REPORT_OUTPUT) {
		print_output(ui, text);
	} else if (kind == REPORT_STEP) {
		free(ui->step);
		ui->step = text_format("%s...", text);
		(void)fputs(ui->step, stdout);
		ui->step_open = true;
	} else if (kind == REPORT_WROTE) {
		print_wrote(ui, text);
	} else {
		print_line(text, stdout);
	}
}

/* The same remark about a file or a machine comes from every job that looks at it. */
static bool is_repeated(struct text_ui *ui, enum report_kind kind, const char *text)
{
	/* Who watches need not read the key's name for each module; a log keeps every line. */
	bool of_key = kind == REPORT_LINE && ui->is_terminal &&
		      (text_starts_with(text, "Sign command: ") ||
		       text_starts_with(text, "Signing key: ") ||
		       text_starts_with(text, "Public certificate (MOK): "));

	if (kind != REPORT_WARNING && kind != REPORT_DEPRECATED && kind != REPORT_NOTICE && !of_key)
		return false;
	if (strv_contains(&ui->said, text))
		return true;
	strv_add(&ui->said, text);
	return false;
}

static void print_problem(const struct text_ui *ui, enum report_kind kind, const char *before,
			  const char *text)
{
	bool is_failure = kind == REPORT_ERROR || kind == REPORT_CONF_ERROR;
	const char *colour = is_failure ? "\033[1;31m" : "\033[33m";

	/* Whatever is in front of the word stays outside, so that lines begin as they always do. */
	for (; *before == '\n'; before++)
		(void)putc('\n', stderr);
	if (ui->has_colour)
		(void)fprintf(stderr, "%s%.*s\033[0m ", colour, (int)strlen(before) - 1, before);
	else
		(void)fputs(before, stderr);
	print_line(text, stderr);
}

/* text is fit for a terminal, except output. */
static void show(struct text_ui *ui, enum report_kind kind, const char *text)
{
	const char *before = prefix(kind);

	if (kind == REPORT_PROGRESS) {
		live_set(&ui->live, text);
	} else if (before) {
		end_line(ui);
		(void)fflush(stdout);
		print_problem(ui, kind, before, text);
	} else {
		print_stdout(ui, kind, text);
	}
}

/* The one place where texts of strangers become safe to look at. */
static void emit(struct reporter *reporter, enum report_kind kind, const char *text)
{
	struct text_ui *ui = (struct text_ui *)reporter;

	if ((ui->quiet && kind != REPORT_WROTE) || (kind == REPORT_VERBOSE && !ui->verbose) ||
	    (kind == REPORT_DEBUG && !ui->debug) ||
	    (kind == REPORT_DEPRECATED && ui->skips_deprecated && !ui->verbose) ||
	    is_repeated(ui, kind, text))
		return;
	if (ui->events) {
		text_ui_event(ui, json_event_report(kind, text));
		return;
	}
	live_hide(&ui->live, last_line(ui));
	if (kind == REPORT_OUTPUT) {
		show(ui, kind, text);
	} else {
		cleanup(free_string) char *safe = terminal_text(text);

		if (kind != REPORT_PROGRESS)
			end_output(ui);
		show(ui, kind, safe);
	}
	if (!ui->held)
		text_ui_flush(ui);
}

void text_ui_event(struct text_ui *ui, char *owned_line)
{
	cleanup(free_string) char *line = owned_line;

	if (!line || ui->quiet)
		return;
	(void)fputs(line, stdout);
	text_ui_flush(ui);
}

void text_ui_summary(struct text_ui *ui, int exit_status)
{
	text_ui_event(ui, json_event_summary(exit_status));
}

bool text_ui_is_watched(const struct text_ui *ui)
{
	return ui->live.possible && !ui->quiet;
}

void text_ui_flush(struct text_ui *ui)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		ui->broken = true;
	if (!ui->output_open) /* hiding it again would take that along */
		live_show(&ui->live, last_line(ui));
}

/* no-color.org: any value counts that is not empty. */
static bool wants_colour(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDERR_FILENO) == 1 && text_empty(getenv("NO_COLOR")) &&
	       !text_empty(terminal) && !text_equal(terminal, "dumb");
}

void text_ui_init(struct text_ui *ui)
{
	*ui = (struct text_ui){.reporter = {emit},
			       .is_terminal = isatty(STDOUT_FILENO) == 1,
			       .has_colour = wants_colour()};
	live_init(&ui->live);
}

void text_ui_release(struct text_ui *ui)
{
	end_output(ui);
	live_release(&ui->live);
	free(ui->step);
	strv_free(&ui->said);
}
