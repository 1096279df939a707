/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/help.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/actions.h"
#include "conf/directives.h"

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

/* The actions, with their first words alone. */
static void add_actions(struct buffer *text)
{
	size_t line = strlen("Actions:");

	buffer_add_text(text, SYNOPSIS "Actions:");
	for (const struct action *action = actions; action->name; action++) {
		size_t length = strlen(action->name) + 1;
		bool fits = line + length <= LINE_LENGTH;

		buffer_add_format(text, "%s%s", fits ? " " : "\n  ", action->name);
		line = (fits ? line : 1) + length;
	}
	buffer_add_text(text, "\n`dkms --help` tells what they do, and what the options are.");
}

char *usage_text(const struct strv *words)
{
	struct buffer text = {0};
	const char *word;

	STRV_FOREACH (word, words) {
		const struct action *action = action_find(word);

		if (!action)
			continue;
		buffer_add_format(&text,
				  "Usage: dkms %s%s%s [OPTION…]\n`dkms help %s` shows its "
				  "options.",
				  action->name, *action->arguments ? " " : "", action->arguments,
				  action->name);
		return buffer_take(&text);
	}
	add_actions(&text);
	return buffer_take(&text);
}

static void add_option(struct buffer *text, const struct option_help *option)
{
	cleanup(free_string) char *form = option_form(option);

	buffer_add_format(text, "  %-30s  %s\n", form, option->summary);
}

/* Those that an action uses; NULL: all. */
static void add_options(struct buffer *text, const char *action)
{
	buffer_add_text(text, "\nOptions:\n");
	for (const struct option_help *option = options_help(); option->name; option++)
		if (option->summary && (!action || option_is_used(option, action)))
			add_option(text, option);
}

static void add_directives(struct buffer *text)
{
	size_t line = LINE_LENGTH;

	buffer_add_text(text, "\nDirectives of a dkms.conf:");
	for (size_t i = 0; i < conf_directive_count; i++) {
		const char *name = conf_directives[i].name;
		bool fits = line + strlen(name) + 1 <= LINE_LENGTH;

		if (conf_directives[i].deprecated)
			continue;
		buffer_add_format(text, "%s%s", fits ? " " : "\n  ", name);
		line = (fits ? line : 1) + strlen(name) + 1;
	}
	buffer_add_text(text, "\n");
}

static char *action_help(const struct action *action)
{
	struct buffer text = {0};

	buffer_add_format(&text, "Usage: dkms %s%s%s [OPTION…]\n\n%s: %s\n", action->name,
			  *action->arguments ? " " : "", action->arguments, action->name,
			  action->summary);
	add_options(&text, action->name);
	if (text_equal(action->name, "conf"))
		add_directives(&text);
	buffer_add_text(&text, "\nThe manual page dkms(8) says the rest, with examples.");
	return buffer_take(&text);
}

static char *whole_help(void)
{
	struct buffer text = {0};

	buffer_add_text(&text, SYNOPSIS "M is a module, V its version, K a kernel release, A its "
					"architecture.\n\nActions:\n");
	for (const struct action *action = actions; action->name; action++)
		buffer_add_format(&text, "  %-15s  %s\n", action->name, action->summary);
	add_options(&text, NULL);
	buffer_add_text(&text, "\n`dkms help ACTION` shows what one action takes.\n"
			       "The manual page dkms(8) says the rest.");
	return buffer_take(&text);
}

char *help_text(const struct strv *words, struct error *error)
{
	const char *word;

	STRV_FOREACH (word, words)
		if (action_find(word))
			return action_help(action_find(word));
	if (words->count > 1 && text_equal(words->items[0], "help")) {
		(void)action_refuse(words->items[1], error);
		return NULL;
	}
	return whole_help();
}
