/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* What stands before a message, on stderr. */
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

/* Something else is about to be said while a step runs: its line ends here. */
static void interrupt_step(struct text_ui *ui)
{
	if (ui->step_open)
		(void)putchar('\n');
	ui->step_open = false;
}

/* What stands in the last line. */
static const char *last_line(const struct text_ui *ui)
{
	return ui->step_open ? ui->step : "";
}

/* Names come from files and command lines; a terminal must not be told what to do by them. */
static void print_safely(const char *text, FILE *stream)
{
	for (const char *c = text; *c; c++) {
		bool control = ((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t') || *c == 0x7f;

		(void)putc(control ? '?' : *c, stream);
	}
}

static void print_line(const char *text, FILE *stream)
{
	print_safely(text, stream);
	(void)putc('\n', stream);
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
	interrupt_step(ui);
	if (kind == REPORT_OUTPUT) {
		(void)fputs(text, stdout);
	} else if (kind == REPORT_STEP) {
		free(ui->step);
		ui->step = text_format("%s...", text);
		print_safely(ui->step, stdout);
		ui->step_open = true;
	} else {
		print_line(text, stdout);
	}
}

/* The same remark about a file or a machine comes from every job that looks at it. */
static bool is_repeated(struct text_ui *ui, enum report_kind kind, const char *text)
{
	if (kind != REPORT_WARNING && kind != REPORT_DEPRECATED)
		return false;
	if (strv_contains(&ui->said, text))
		return true;
	strv_add(&ui->said, text);
	return false;
}

static void emit(struct reporter *reporter, enum report_kind kind, const char *text)
{
	struct text_ui *ui = (struct text_ui *)reporter;
	const char *before = prefix(kind);

	if (ui->quiet || (kind == REPORT_VERBOSE && !ui->verbose) || is_repeated(ui, kind, text))
		return;
	live_hide(&ui->live, last_line(ui));
	if (kind == REPORT_PROGRESS) {
		live_set(&ui->live, text);
	} else if (before) {
		interrupt_step(ui);
		(void)fflush(stdout);
		(void)fputs(before, stderr);
		print_line(text, stderr);
	} else {
		print_stdout(ui, kind, text);
	}
	if (!ui->held)
		text_ui_flush(ui);
}

void text_ui_flush(struct text_ui *ui)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		ui->broken = true;
	live_show(&ui->live, last_line(ui));
}

void text_ui_init(struct text_ui *ui)
{
	*ui = (struct text_ui){.reporter = {emit}};
	live_init(&ui->live);
}

void text_ui_release(struct text_ui *ui)
{
	live_release(&ui->live);
	free(ui->step);
	strv_free(&ui->said);
}
