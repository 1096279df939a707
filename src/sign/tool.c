/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/tool.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "base/text.h"

/* What a tool prints beyond this nobody would read. */
#define OUTPUT_MAX ((size_t)1 << 16)

static void collect(void *context, const char *data, size_t length)
{
	struct buffer *output = context;

	if (output->length < OUTPUT_MAX)
		buffer_add(output, data, length);
}

int tool_run(char *const *argv, struct error *error)
{
	const struct process process = {.argv = argv};
	cleanup(buffer_free) struct buffer output = {0};
	int status;

	if (process_stream(&process, collect, &output, &status, error) < 0)
		return error->code;
	if (status == 0)
		return 0;
	cleanup(free_string) char *said = text_trimmed(output.data ? output.data : "");

	(void)error_set(error, -EIO, 0, "%s failed with exit status %d.", argv[0], status);
	return *said ? error_hint(error, "%s", said) : error->code;
}
