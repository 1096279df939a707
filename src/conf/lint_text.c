/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Typos and missing quotes: what the text of a conf shows and its values do not. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "conf/assignment_scanner.h"
#include "conf/directives.h"
#include "conf/lint_findings.h"
#include "conf/policy.h"

/* No directive is as long, and no misspelt one either. */
#define NAME_LIMIT 40

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

/*
 * How many letters must be added, taken away, replaced or swapped with their neighbour, whatever
 * their case (the restricted Damerau-Levenshtein distance). b is shorter than NAME_LIMIT.
 */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][NAME_LIMIT + 1], a_length = strlen(a), b_length = strlen(b);

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3],
		       *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			int x = toupper((unsigned char)a[i - 1]);
			int y = toupper((unsigned char)b[j - 1]);

			row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == toupper((unsigned char)b[j - 2]) &&
			    toupper((unsigned char)a[i - 2]) == y)
				row[j] = smallest(row[j], two_above[j - 2] + 1, row[j]);
		}
	}
	return rows[a_length % 3][b_length];
}

/* The directive that was probably meant, or NULL. Short names are easily like another. */
static const struct directive *likely_directive(const char *name)
{
	const struct directive *likely = NULL;
	size_t best = 3;

	if (strlen(name) >= NAME_LIMIT)
		return NULL;
	for (size_t i = 0; i < conf_directive_count; i++) {
		size_t distance = edit_distance(name, conf_directives[i].name);
		size_t tolerated = strlen(conf_directives[i].name) > 6 ? 2 : 1;

		if (distance <= tolerated && distance < best) {
			best = distance;
			likely = &conf_directives[i];
		}
	}
	return likely;
}

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

/* A variable that the script itself uses is no misspelt directive. */
static bool is_used(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		if (at > text && strchr("${#![(", at[-1]) && !is_name_character(at[length]))
			return true;
	return false;
}

static void judge_policy(struct lint_findings *findings, const char *origin, const char *name)
{
	lint_add(findings, LINT_USELESS, origin,
		 "\"%s\" is ignored here: that is for the administrator to say, in "
		 "/etc/dkms/MODULE.conf.",
		 name);
}

static void judge_unknown(struct lint_findings *findings, const char *origin, const char *name,
			  const char *text)
{
	const struct directive *likely = likely_directive(name);

	if (is_used(text, name))
		return;
	if (likely)
		lint_add(findings, LINT_UNKNOWN, origin,
			 "\"%s\" is no directive and is ignored; is \"%s\" meant?", name,
			 likely->name);
	else if (has_directive_prefix(name))
		lint_add(findings, LINT_UNKNOWN, origin, "\"%s\" is no directive and is ignored.",
			 name);
}

static void judge(struct lint_findings *findings, const char *origin, const char *name,
		  const struct found_assignment *found, const char *text)
{
	bool known = conf_directive_find(name) != NULL;

	if (found->blank_before_equals) {
		if (known || likely_directive(name))
			lint_add(findings, LINT_QUOTES, origin,
				 "\"%s\" is not set: there must be no blank before the \"=\".",
				 name);
	} else if (!known) {
		judge_unknown(findings, origin, name, text);
	} else if (found->for_one_command) {
		lint_add(findings, LINT_QUOTES, origin,
			 "\"%s\" is not set: its value ends at the first blank and the rest is run "
			 "as a command; put quotes around the value.",
			 name);
	}
}

void lint_text(struct lint_findings *findings, const char *file, const char *text, bool own)
{
	struct assignment_scanner scanner = assignment_scanner_start(text);
	struct found_assignment found;
	struct strmap unknown = {0};

	while (assignment_scanner_next(&scanner, &found)) {
		cleanup(free_string) char *name = xstrndup(found.name, found.name_length);
		cleanup(free_string) char *origin = text_format("%s:%ld", file, found.line);

		/* Said once, however often it is set. */
		if (!conf_directive_find(name) && strmap_set(&unknown, name, &unknown))
			continue;
		if (!policy_knows(name))
			judge(findings, origin, name, &found, text);
		else if (own)
			judge_policy(findings, origin, name);
	}
	strmap_free(&unknown, NULL);
}
