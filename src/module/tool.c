/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/tool.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "base/text.h"

/* A tool that prints more than this has gone mad. */
#define OUTPUT_MAX ((size_t)1 << 20)

static int join_stderr(void *context)
{
	(void)context;
	return dup2(STDOUT_FILENO, STDERR_FILENO) < 0 ? -errno : 0;
}

int tool_run(char *const *argv, struct error *error)
{
	const struct process process = {.argv = argv, .prepare = join_stderr};
	cleanup(free_string) char *output = NULL;
	int status;

	if (process_capture(&process, OUTPUT_MAX, &output, NULL, &status, error) < 0)
		return error->code;
	if (status == 0)
		return 0;
	cleanup(free_string) char *said = text_trimmed(output);

	error_set(error, -EIO, 0, "%s failed with exit status %d", argv[0], status);
	return *said ? error_hint(error, "%s", said) : error->code;
}
