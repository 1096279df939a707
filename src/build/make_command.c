/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/make_command.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

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
