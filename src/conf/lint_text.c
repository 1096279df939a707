/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Typos and missing quotes: what the text of a conf shows and its values do not. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/text.h"
#include "conf/assignment_scanner.h"
#include "conf/directives.h"
#include "conf/lint_findings.h"

static bool has_directive_prefix(const char *name)
{
	static const char *const prefixes[] = {"BUILD_EXCLUSIVE_", "BUILT_MODULE_", "DEST_MODULE_",
					       "MODULES_CONF_",    "PRE_",          "POST_"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (text_starts_with(name, prefixes[i]))
			return true;
	return false;
}

static bool is_name_character(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A variable that the script itself uses, or of the environment, is no misspelt directive. */
static bool is_used(const char *text, const char *name)
{
	size_t length = strlen(name);

	if (getenv(name))
		return true;
	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		if (at > text && strchr("${#![(", at[-1]) && !is_name_character(at[length]))
			return true;
	return false;
}

/* "that is no directive" and its like, and the name that was probably meant. */
static void add_unknown(struct lint_findings *findings, const char *origin, const char *name,
			const char *what, const char *likely)
{
	if (likely)
		lint_add(findings, LINT_UNKNOWN, origin,
			 "\"%s\" is no %s and is ignored; is \"%s\" meant?", name, what, likely);
	else
		lint_add(findings, LINT_UNKNOWN, origin, "\"%s\" is no %s and is ignored.", name,
			 what);
}

/* A file as it is examined. */
struct lint_context {
	struct lint_findings *findings;
	const char *file, *text;
	enum lint_language language;
};

/* Names in capitals are variables of other programs. */
static bool has_small_letters(const char *name)
{
	for (; *name; name++)
		if (islower((unsigned char)*name))
			return true;
	return false;
}

static const char *likely_name(const struct lint_context *context, const char *name)
{
	const char *likely = NULL;

	if (context->language == LINT_FRAMEWORK)
		return nearest_name(name, setting_names);
	if (context->language == LINT_OVERRIDE)
		likely = nearest_name(name, policy_names);
	return likely ? likely : nearest_name(name, conf_directive_names);
}

static void judge_unknown(const struct lint_context *context, const char *origin, const char *name)
{
	bool framework = context->language == LINT_FRAMEWORK;
	const char *likely = likely_name(context, name);

	if (is_used(context->text, name))
		return;
	if (framework && conf_directive_find(name))
		lint_add(context->findings, LINT_USELESS, origin,
			 "\"%s\" is ignored here: it is a directive, for dkms.conf and "
			 "/etc/dkms/MODULE.conf.",
			 name);
	else if (context->language == LINT_OVERRIDE && setting_is_known(name))
		lint_add(context->findings, LINT_USELESS, origin,
			 "\"%s\" is ignored here: it is a setting for all modules, in "
			 "/etc/dkms/framework.conf.",
			 name);
	else if (likely || (framework ? has_small_letters(name) : has_directive_prefix(name)))
		add_unknown(context->findings, origin, name, framework ? "setting" : "directive",
			    likely);
}

static bool is_known(const struct lint_context *context, const char *name)
{
	if (context->language == LINT_FRAMEWORK)
		return setting_is_known(name);
	return conf_directive_find(name) || policy_knows(name);
}

static void judge(const struct lint_context *context, const char *origin, const char *name,
		  const struct found_assignment *found)
{
	bool known = is_known(context, name);

	if (found->blank_before_equals) {
		if (known || likely_name(context, name))
			lint_add(context->findings, LINT_QUOTES, origin,
				 "\"%s\" is not set: there must be no blank before the \"=\".",
				 name);
	} else if (!known) {
		judge_unknown(context, origin, name);
	} else if (context->language == LINT_MODULE && policy_knows(name)) {
		lint_add(context->findings, LINT_USELESS, origin,
			 "\"%s\" is ignored here: that is for the administrator to say, in "
			 "/etc/dkms/MODULE.conf.",
			 name);
	} else if (found->for_one_command) {
		lint_add(context->findings, LINT_QUOTES, origin,
			 "\"%s\" is not set: its value ends at the first blank and the rest is "
			 "run as a command; put quotes around the value.",
			 name);
	}
}

void lint_text(struct lint_findings *findings, const char *file, const char *text,
	       enum lint_language language)
{
	const struct lint_context context = {findings, file, text, language};
	struct assignment_scanner scanner = assignment_scanner_start(text);
	struct found_assignment found;
	struct strmap unknown = {0};

	while (assignment_scanner_next(&scanner, &found)) {
		cleanup(free_string) char *name = xstrndup(found.name, found.name_length);
		cleanup(free_string) char *origin = text_format("%s:%ld", file, found.line);

		/* Said once, however often it is set. */
		if (!is_known(&context, name) && strmap_set(&unknown, name, &unknown))
			continue;
		judge(&context, origin, name, &found);
	}
	strmap_free(&unknown, NULL);
}
