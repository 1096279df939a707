/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/post_transaction.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "tree/layout.h"

int post_transaction_run(const struct settings *settings, struct reporter *reporter,
			 struct error *error)
{
	cleanup(free_string) char *log = layout_post_transaction_log(settings);
	cleanup(close_fd) int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
					0644);
	char *const argv[] = {(char *)"bash", (char *)"-c", settings->post_transaction, NULL};
	const struct process process = {.argv = argv, .stdout_fd = fd, .stderr_fd = fd};
	int status;

	if (fd < 0)
		return error_errno(error, -errno, 0, "Cannot write %s", log);
	report_text(reporter, REPORT_STEP, "Executing post-transaction command");
	if (process_run(&process, &status, error) < 0)
		return error->code;
	if (!status) {
		report_text(reporter, REPORT_STEP_DONE, "");
		return 0;
	}
	report(reporter, REPORT_STEP_DONE, "(bad exit status: %d)", status);
	report(reporter, REPORT_WARNING,
	       "The post-transaction command failed with status %d.\nIts output is in %s.", status,
	       log);
	return 0;
}
