/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/make.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"

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

/*
 * The shell command that builds a package, from MAKE or the default.
 *
 * A command that begins with the letters "make" has them replaced by "make -jN KERNELRELEASE=K".
 * Anything else ('make', env …, cd …; make) is left alone: that is how package authors ask for a
 * serial build. With a jobserver, MAKEFLAGS carries both. In the command, -jN would make GNU make
 * ignore the jobserver.
 */

static const char prefix[] = "make";

static char *command_or_default(const struct make_command *make)
{
	if (make->command)
		return xstrdup(make->command);
	return text_format("make -C %s M=%s", make->headers, make->build);
}

/* "-j8", or "-j" without a limit. */
static char *parallel_option(int jobs)
{
	return jobs > 0 ? text_format("-j%d", jobs) : xstrdup("-j");
}

bool make_command_is_given_jobs(const char *command)
{
	return !command || text_starts_with(command, prefix);
}

char *make_command_text(const struct make_command *make)
{
	cleanup(free_string) char *command = command_or_default(make);
	struct buffer text = {0};

	if (make_command_is_given_jobs(command)) {
		cleanup(free_string) char *parallel = parallel_option(make->jobs);

		buffer_add_text(&text, prefix);
		if (!make->jobserver)
			buffer_add_format(&text, " %s", parallel);
		buffer_add_format(&text, " KERNELRELEASE=%s%s", make->release,
				  command + strlen(prefix));
	} else {
		buffer_add_text(&text, command);
	}
	return buffer_take(&text);
}

char *make_command_flags(const struct make_command *make)
{
	if (!make->jobserver || !make_command_is_given_jobs(make->command))
		return NULL;
	cleanup(free_string) char *parallel = parallel_option(make->jobs);

	return text_format(" %s --jobserver-auth=%s", parallel, make->jobserver);
}
