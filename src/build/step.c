/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/step.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/text.h"
#include "build/environment.h"
#include "build/log_relay.h"

static int run_command(const struct builder *builder, const struct step *step, int *ret_status,
		       struct error *error)
{
	cleanup(strv_free) struct strv environment = {0};

	strv_add_all(&environment, &builder->environment);
	if (step->makeflags)
		environment_set(&environment, "MAKEFLAGS", step->makeflags);
	struct log_relay relay;

	if (log_relay_start(builder->log, &relay, error) < 0)
		return error->code;
	const struct process process = {
		.argv = step->argv,
		.env = strv_argv(&environment),
		.directory = step->directory ? step->directory : builder->workspace->shown_build,
		.stdout_fd = relay.input,
		.stderr_fd = relay.input,
	};

	(void)cage_run(builder->cage, &process, step->keep_fds, ret_status, error);
	(void)log_relay_finish(&relay, error);
	return error->code;
}

int step_run(const struct builder *builder, const struct step *step, int *ret_status,
	     struct error *error)
{
	struct reporter *reporter = builder->request->reporter;
	int status = 0;

	report(reporter, REPORT_VERBOSE, "Command: %s", step->shown);
	report_text(reporter, REPORT_STEP, step->label);
	if (make_log_begin(builder->log, step->label, step->shown, error) < 0 ||
	    run_command(builder, step, &status, error) < 0 ||
	    make_log_end(builder->log, status, error) < 0) {
		report_text(reporter, REPORT_STEP_DONE, "(not finished)");
		return error->code;
	}
	if (status)
		report(reporter, REPORT_STEP_DONE, "(bad exit status: %d)", status);
	else
		report_text(reporter, REPORT_STEP_DONE, "");
	/* A command that was interrupted along with dkms has not failed by itself. */
	if (status && interrupt_pending())
		return interrupt_error(error);
	*ret_status = status;
	return 0;
}
