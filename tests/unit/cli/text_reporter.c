/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/text_reporter.h"

/* Both streams of a child process that shows reports, in one text. */
static void capture(bool quiet, char *text, size_t size)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	(void)fflush(stdout);
	int out = dup(1), err = dup(2);

	(void)dup2(ends[1], 1);
	(void)dup2(ends[1], 2);
	(void)close(ends[1]);
	struct text_ui ui;

	text_ui_init(&ui);
	ui.quiet = quiet;
	report_text(&ui.reporter, REPORT_STEP, "Building module(s)");
	report_text(&ui.reporter, REPORT_STEP_DONE, "");
	report_text(&ui.reporter, REPORT_STEP, "Building module(s)");
	report_text(&ui.reporter, REPORT_STEP_DONE, "(bad exit status: 2)");
	report_text(&ui.reporter, REPORT_STEP, "Running depmod");
	report_text(&ui.reporter, REPORT_WARNING, "look");
	report_text(&ui.reporter, REPORT_WARNING, "look");
	report_text(&ui.reporter, REPORT_STEP_DONE, "");
	report_text(&ui.reporter, REPORT_VERBOSE, "not asked for");
	report_text(&ui.reporter, REPORT_OUTPUT, "raw");
	report_text(&ui.reporter, REPORT_ERROR, "no\nway out");
	text_ui_release(&ui);
	(void)fflush(stdout);
	(void)dup2(out, 1);
	(void)dup2(err, 2);
	(void)close(out);
	(void)close(err);
	ssize_t length = read(ends[0], text, size - 1);

	text[length > 0 ? length : 0] = '\0';
	(void)close(ends[0]);
}

static void every_kind_has_its_form(void **state)
{
	char text[1024];

	(void)state;
	capture(false, text, sizeof(text));
	assert_string_equal(text, "Building module(s)... done.\n"
				  "Building module(s)...(bad exit status: 2)\n"
				  "Running depmod...\n"
				  "Warning: look\n"
				  "raw\n"
				  "\nError! no\nway out\n");
}

static void quiet_is_silent(void **state)
{
	char text[1024];

	(void)state;
	capture(true, text, sizeof(text));
	assert_string_equal(text, "");
}

UNIT_MAIN(cmocka_unit_test(every_kind_has_its_form), cmocka_unit_test(quiet_is_silent))
