/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/make_program.h"

#include <string.h>

#include "base/process.h"
#include "base/text.h"
#include "base/version.h"

enum { OUTPUT_LIMIT = 65536, TIMEOUT_SECONDS = 10 };

static const char introduction[] = "GNU Make ";

bool make_takes_fifo(const char *program)
{
	const char *const argv[] = {program, "--version", NULL};
	const struct process process = {
		.argv = (char *const *)argv, .stderr_fd = -1, .timeout_seconds = TIMEOUT_SECONDS};
	cleanup(free_string) char *output = NULL;
	cleanup(error_clear) struct error error = {0};
	int status;

	if (process_capture(&process, OUTPUT_LIMIT, &output, NULL, &status, &error) < 0)
		return false;
	if (status || !text_starts_with(output, introduction))
		return false;
	const char *version = output + strlen(introduction);

	output[strcspn(output, "\n")] = '\0';
	return version_compare(version, "4.4") >= 0;
}

bool make_opens_jobserver(const struct make_jobserver *jobserver, const char *search)
{
	if (!jobserver->fifo || jobserver->ends[0] < 0)
		return false;
	cleanup(free_string) char *program = process_find_program_on(search, "make");

	if (!program)
		return false;
	return text_equal(program, jobserver->program) ? jobserver->takes_fifo
						       : make_takes_fifo(program);
}
