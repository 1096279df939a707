/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/help.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/actions.h"

enum { LINE_LENGTH = 79 };

/* "      --kernelver K" or "  -k, --kernelver K[/A]" */
static char *option_form(const struct option_help *option)
{
	cleanup(free_string) char *letter = option->letter ? text_format("-%c, ", option->letter)
							   : text_format("    ");

	return text_format("%s--%s%s%s", letter, option->name, option->argument ? " " : "",
			   option->argument ? option->argument : "");
}

#define SYNOPSIS "Usage: dkms ACTION [OPTION…] [M/V | DIRECTORY | dkms.conf | TARBALL]\n"

char *usage_text(void)
{
	struct buffer text = {0};
	size_t line = strlen("Actions:");

	buffer_add_text(&text, SYNOPSIS "Actions:");
	for (const struct action *action = actions; action->name; action++) {
		size_t length = strlen(action->name) + 1;
		bool fits = line + length <= LINE_LENGTH;

		buffer_add_format(&text, "%s%s", fits ? " " : "\n  ", action->name);
		line = (fits ? line : 1) + length;
	}
	buffer_add_text(&text, "\n`dkms --help` tells what they do, and what the options are.");
	return buffer_take(&text);
}

static void add_option(struct buffer *text, const struct option_help *option)
{
	cleanup(free_string) char *form = option_form(option);

	buffer_add_format(text, "  %-32s %s\n", form, option->summary);
}

static char *action_help(const struct action *action)
{
	struct buffer text = {0};

	buffer_add_format(&text, "Usage: dkms %s%s%s [OPTION…]\n\n%s: %s\n", action->name,
			  *action->arguments ? " " : "", action->arguments, action->name,
			  action->summary);
	buffer_add_text(&text, "\n`dkms --help` shows all options. The manual page dkms(8) says "
			       "the rest.");
	return buffer_take(&text);
}

char *help_text(const struct strv *words)
{
	struct buffer text = {0};
	const char *word;

	STRV_FOREACH (word, words)
		if (action_find(word))
			return action_help(action_find(word));

	buffer_add_text(&text, SYNOPSIS "M is a module, V its version, K a kernel release, A its "
					"architecture.\n\nActions:\n");
	for (const struct action *action = actions; action->name; action++)
		buffer_add_format(&text, "  %-15s %-26s %s\n", action->name, action->arguments,
				  action->summary);
	buffer_add_text(&text, "\nOptions:\n");
	for (const struct option_help *option = options_help(); option->name; option++) {
		if (option->summary)
			add_option(&text, option);
	}
	buffer_add_text(&text, "\nThe manual page dkms(8) says the rest.");
	return buffer_take(&text);
}
