/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "package/rpm.h"

#include <errno.h>

#include "base/process.h"

int rpm_install(const char *file, struct reporter *reporter, struct error *error)
{
	char *const argv[] = {(char *)"rpm", (char *)"-Uvh", (char *)file, NULL};
	const struct process process = {.argv = argv};
	int status = 0;

	if (process_stream(&process, report_output, reporter, &status, error) < 0) {
		(void)error_wrap(error, "Cannot install %s with rpm", file);
		return error_set_status(error, EXIT_NO_CONF);
	}
	if (!status)
		return 0;
	return error_set(error, -EIO, EXIT_NO_CONF,
			 "%s could not be installed: rpm ended with status %d.\n"
			 "Its own messages are above.",
			 file, status);
}
