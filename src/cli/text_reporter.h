/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports as text: lines and steps on stdout, everything that is wrong on stderr, nothing at all
 * when quiet. Texts are filtered for a terminal (base/utf8.h); a script's output, which may be
 * wanted to the letter, only where stdout is one. Each report is flushed, so that the two streams
 * keep their order on a terminal. There REPORT_PROGRESS occupies the last line until another report
 * comes.
 */
#pragma once

#include <stdbool.h>

#include "base/report.h"
#include "base/strv.h"
#include "base/utf8.h"

struct live {
	bool possible; /* stdout is a terminal that can erase */
	char *text;    /* NULL: nothing to show */
	bool shown;
};

struct text_ui {
	struct reporter reporter;
	bool quiet;
	bool verbose;
	bool debug;
	bool skips_deprecated; /* unless verbose: nobody named the module */
	bool events;           /* every report is a line of JSON on stdout (cli/events.h) */
	bool held;             /* lines wait for text_ui_flush(), for who has thousands at once */
	bool step_open;        /* "label..." stands on stdout without its end */
	bool output_open;      /* a script's output has not ended its line */
	bool broken;           /* stdout could not be written */
	bool is_terminal;      /* stdout */
	bool has_colour;       /* failures and warnings have, on stderr */
	struct terminal_filter output;
	struct strv said; /* warnings and deprecations: each is said once a run */
	char *step;       /* the label, while step_open */
	struct live live;
};

void text_ui_init(struct text_ui *ui);
/* Prints a line of JSON, which it takes; NULL: nothing. */
void text_ui_event(struct text_ui *ui, char *owned_line);
/* The last event. */
void text_ui_summary(struct text_ui *ui, int exit_status);
/* Somebody sees REPORT_PROGRESS. */
bool text_ui_is_watched(const struct text_ui *ui);
void text_ui_flush(struct text_ui *ui);
void text_ui_release(struct text_ui *ui);
