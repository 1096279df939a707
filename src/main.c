/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms: from the command line to an exit status. The only place that prints errors and exits. */
#include <stdio.h>
#include <stdlib.h>

#include "base/interrupt.h"
#include "base/surroundings.h"
#include "base/text.h"
#include "cli/actions.h"

static void print_error(struct text_ui *ui, const struct error *error)
{
	if (error->message)
		report_text(&ui->reporter, REPORT_ERROR, error->message);
}

static int print_help(const struct options *options, struct text_ui *ui, struct error *error)
{
	cleanup(free_string) char *help = help_text(&options->words, error);

	if (help)
		report_text(&ui->reporter, REPORT_LINE, help);
	return error->code;
}

/* The usage after an error belongs where the error is. */
static void print_usage(const struct options *options, struct text_ui *ui)
{
	cleanup(free_string) char *usage = usage_text(&options->words);

	if (!ui->quiet)
		(void)fprintf(stderr, "\n%s\n", usage);
}

static int act(struct options *options, struct text_ui *ui, int *ret_status, struct error *error)
{
	struct invocation invocation;

	if (invocation_prepare(&invocation, options, ui, error) == 0) {
		const struct action *action = invocation.action;

		if (interrupt_install(error) == 0)
			(void)(action->fill ? invocation_run_plan(&invocation, ret_status, error)
					    : action->run(&invocation, ret_status, error));
	} else if (!invocation.action && error->exit_status == EXIT_NOT_FOUND) {
		print_error(ui, error);
		print_usage(options, ui);
		free(error->message);
		error->message = NULL;
	}
	invocation_release(&invocation);
	return error->code;
}

static int run(struct options *options, struct text_ui *ui)
{
	cleanup(error_clear) struct error error = {0};
	int status = 0;

	if (options->version) {
		report(&ui->reporter, REPORT_LINE, "dkms-%s", DKMS_VERSION);
	} else if ((options->help ? print_help(options, ui, &error)
				  : act(options, ui, &status, &error)) < 0) {
		print_error(ui, &error);
		status = error_exit_status(&error);
	}
	if (ui->events)
		text_ui_summary(ui, status);
	if (ui->broken && !status) {
		(void)fputs("dkms: standard output could not be written\n", stderr);
		status = EXIT_USAGE;
	}
	return status;
}

/* depmod and modprobe live where the PATH of a plain su does not look. */
static void complete_path(void)
{
	const char *path = getenv("PATH");
	cleanup(free_string) char *complete = text_format(
		"%s%s/usr/sbin:/sbin:/usr/bin:/bin", path ? path : "", path && *path ? ":" : "");

	(void)setenv("PATH", complete, 1);
}

int main(int argc, char **argv)
{
	struct options options;
	struct text_ui ui;
	cleanup(error_clear) struct error error = {0};
	int status;

	surroundings_settle();
	complete_path();
	text_ui_init(&ui);
	if (options_parse(&options, argc, argv, &error) < 0) {
		ui.quiet = options.quiet;
		print_error(&ui, &error);
		print_usage(&options, &ui);
		status = error_exit_status(&error);
	} else {
		ui.quiet = options.quiet;
		ui.verbose = options.verbose || options.debug;
		ui.debug = options.debug;
		status = run(&options, &ui);
	}
	options_free(&options);
	text_ui_release(&ui);
	return status;
}
