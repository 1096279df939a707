/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/actions.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "conf/directives.h"

#define MODULE_ON_KERNEL (NEEDS_ROOT | NEEDS_MODULE | DEFAULTS_KERNEL)

/* Every action, ended by one without a name. */
static const struct action actions[] = {
	{"add", "M/V | DIRECTORY | TARBALL", "register a module's source",
	 NEEDS_ROOT | NEEDS_MODULE | TAKES_SOURCE, .fill = fill_add},
	{"build", "M/V | DIRECTORY [-k K]", "compile it for a kernel",
	 MODULE_ON_KERNEL | TAKES_SOURCE, .fill = fill_build},
	{"install", "M/V | DIRECTORY | TARBALL [-k K]", "put it into a kernel's modules",
	 MODULE_ON_KERNEL | TAKES_SOURCE, .fill = fill_install},
	{"pull", "[M[/V]] [-k K] [--from REF]", "take what another machine has built",
	 NEEDS_ROOT | DEFAULTS_KERNEL, .fill = fill_pull},
	{"uninstall", "M/V [-k K | --all]", "take it out again, original modules come back",
	 MODULE_ON_KERNEL | ALLOWS_ALL, .fill = fill_uninstall},
	{"unbuild", "M/V [-k K | --all]", "uninstall it and delete what was built",
	 MODULE_ON_KERNEL | ALLOWS_ALL, .fill = fill_unbuild},
	{"remove", "M/V [-k K | --all]", "unbuild it and forget it when no kernel is left",
	 MODULE_ON_KERNEL | ALLOWS_ALL, .fill = fill_remove},
	{"status", "[M[/V]] [-k K]", "show the state of modules",
	 ALLOWS_ALL | UNKNOWN_IS_NOTHING | PRINTS_OBJECT, .run = action_status},
	{"check", "[M[/V]] [-k K]", "say what is wrong with tree and kernels; --fix repairs",
	 ALLOWS_ALL | PRINTS_OBJECT, .run = action_check},
	{"why", "[M[/V]] [-k K]", "say why a module is, or is not, installed; and what to do",
	 PRINTS_OBJECT, .run = action_why},
	{"timeline", "[--svg FILE]", "show where the time of the last run went", PRINTS_OBJECT,
	 .run = action_timeline},
	{"graph", "[M[/V]] [-k K] [--svg FILE]",
	 "show which modules need which others, for Graphviz", 0, .run = action_graph},
	{"report", "[M[/V]] [-k K] [--html FILE]", "show this machine's modules at a glance",
	 PRINTS_OBJECT, .run = action_report},
	{"metrics", "[M[/V]] [-k K]", "print states, verdicts and failures for Prometheus", 0,
	 .run = action_metrics},
	{"log", "M[/V] [-k K]", "show the whole log of its last build", PRINTS_OBJECT,
	 .run = action_log},
	{"preflight", "[M[/V]] [-k K | --headers DIR]", "try what a kernel would do to the modules",
	 NEEDS_ROOT | DEFAULTS_KERNEL | ONE_KERNEL | PRINTS_OBJECT, .run = action_preflight},
	{"cache", "[list | prune | clear]", "show or empty what is kept of earlier builds",
	 PRINTS_OBJECT, .run = action_cache},
	{"push", "[M[/V]] [-k K | --all] --to PLACE", "publish what is built for other machines",
	 DEFAULTS_KERNEL | ALLOWS_ALL | PRINTS_OBJECT, .run = action_push},
	{"image", "M/V [-k K] --to PLACE", "make an image for containers that load its modules",
	 NEEDS_MODULE | DEFAULTS_KERNEL | ONE_KERNEL | PRINTS_OBJECT, .run = action_image},
	{"remote", "[list | check | verify | prune] [M[/V]]",
	 "show and check what other places have", TAKES_PART | PRINTS_OBJECT, .run = action_remote},
	{"match", "[M] --templatekernel K [-k K]", "install what another kernel has installed",
	 NEEDS_ROOT | DEFAULTS_KERNEL | ONE_KERNEL, .fill = fill_match},
	{"autoinstall", "[M[/V]] [-k K | --all-kernels]", "install every module with AUTOINSTALL",
	 NEEDS_ROOT | DEFAULTS_KERNEL | ALLOWS_KERNELS, .fill = fill_autoinstall,
	 .end = end_autoinstall},
	{"kernel_postinst", "-k K", "autoinstall, for kernel packages",
	 NEEDS_ROOT | ONE_KERNEL | SPELLS_KERNEL, .fill = fill_autoinstall, .end = end_autoinstall},
	{"kernel_preinst", "-k K", "unbuild modules with AUTOINSTALL, for kernel packages",
	 NEEDS_ROOT | ONE_KERNEL | SPELLS_KERNEL, .fill = fill_kernel_preinst,
	 .end = end_kernel_removal},
	{"kernel_prerm", "-k K", "unbuild all modules, for kernel packages",
	 NEEDS_ROOT | ONE_KERNEL | SPELLS_KERNEL, .fill = fill_kernel_prerm,
	 .end = end_kernel_removal},
	{"mktarball", "M/V [-k K | --all]", "pack its source and what was built",
	 NEEDS_MODULE | DEFAULTS_KERNEL | ALLOWS_ALL, .run = action_mktarball},
	{"mkdeb", "M/V | DIRECTORY | TARBALL",
	 "make a deb of its source, to be built where it goes", ALLOWS_ALL | TAKES_SOURCE,
	 .run = action_distribute},
	{"mkbmdeb", "M/V [-k K | --all]", "make a deb of its modules for each kernel",
	 NEEDS_MODULE | DEFAULTS_KERNEL | ALLOWS_ALL, .run = action_distribute},
	{"mkdsc", "M/V | DIRECTORY | TARBALL", "make the source package of what mkdeb makes",
	 ALLOWS_ALL | TAKES_SOURCE, .run = action_distribute},
	{"mkkmp", "M/V | DIRECTORY | TARBALL", "make a source rpm for SUSE's build of its modules",
	 DEFAULTS_KERNEL | ONE_KERNEL | TAKES_SOURCE, .run = action_distribute},
	{"mkdriverdisk", "M/V -d NAME [-k K]", "make a disk with its modules for an installer",
	 NEEDS_MODULE | DEFAULTS_KERNEL | ALLOWS_ALL, .run = action_distribute},
	{"mkrpm", "M/V | DIRECTORY | TARBALL", "make an rpm of its source, or of its modules",
	 DEFAULTS_KERNEL | ALLOWS_ALL | TAKES_SOURCE, .run = action_distribute},
	{"ldtarball", "TARBALL", "load a packed source and what was built",
	 NEEDS_ROOT | DEFAULTS_KERNEL, .run = action_ldtarball},
	{"generate_mok", "", "make the key that modules are signed with",
	 NEEDS_ROOT | DEFAULTS_KERNEL | ONE_KERNEL, .run = action_generate_mok},
	{"sign", "M/V [-k K | --all] | --all-modules",
	 "sign what is built anew, after a change of the key", MODULE_ON_KERNEL | ALLOWS_ALL,
	 .fill = fill_sign},
	{"sign-status", "[-k K] [--json]", "show whether signatures are enforced and trusted here",
	 DEFAULTS_KERNEL | ONE_KERNEL | PRINTS_OBJECT, .run = action_sign_status},
	{"conf", "[M/V | DIRECTORY] [-k K]", "show what a dkms.conf says",
	 DEFAULTS_KERNEL | ONE_KERNEL | TAKES_SOURCE | PRINTS_OBJECT, .run = action_conf},
	{.name = NULL},
};

const struct action *action_find(const char *name)
{
	for (const struct action *action = actions; action->name; action++)
		if (text_equal(action->name, name))
			return action;
	return NULL;
}

int action_refuse(const char *word, struct error *error)
{
	enum { CLOSE = 3 };
	const struct action *nearest = actions;

	for (const struct action *action = actions; action->name; action++)
		if (text_distance(word, action->name) < text_distance(word, nearest->name))
			nearest = action;
	(void)error_set(error, -EINVAL, EXIT_NOT_FOUND, "Unknown action: \"%s\"", word);
	if (text_distance(word, nearest->name) < CLOSE)
		(void)error_hint(error, "Do you mean %s?", nearest->name);
	return error->code;
}

/* The usage texts, made from the tables of actions and options. Owned by the caller. */

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
