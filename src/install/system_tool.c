/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/system_tool.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

/* A memory file that holds the items, ready to be read; -errno on failure. */
static int open_input(const struct strv *items)
{
	cleanup(close_fd) int fd = memfd_create("dkms-input", MFD_CLOEXEC);
	cleanup(free_string) char *text = strv_join(items, "\n");
	int code = fd < 0 ? -errno : 0;

	if (!code)
		code = file_write_all(fd, text, strlen(text));
	if (!code)
		code = file_write_all(fd, "\n", 1);
	if (!code && lseek(fd, 0, SEEK_SET) < 0)
		code = -errno;
	return code < 0 ? code : TAKE_FD(fd);
}

void system_tool_run(const struct strv *argv, const struct strv *input, const char *consequence,
		     struct reporter *reporter)
{
	cleanup(close_fd) int input_fd = input ? open_input(input) : -1;
	const struct process process = {.argv = strv_argv(argv), .stdin_fd = input ? input_fd : 0};
	cleanup(error_clear) struct error error = {0};
	int status = 0;

	if (input && input_fd < 0)
		error_errno(&error, input_fd, 0, "Cannot make the input of %s", argv->items[0]);
	else
		process_stream(&process, report_output, reporter, &status, &error);
	if (error.code)
		report(reporter, REPORT_WARNING, "%s\n%s", error.message, consequence);
	else if (status)
		report(reporter, REPORT_WARNING, "%s failed with exit status %d.\n%s",
		       argv->items[0], status, consequence);
}
