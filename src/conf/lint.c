/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/lint.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/memory.h"
#include "base/text.h"
#include "cage/worker.h"
#include "conf/assignment_scanner.h"
#include "conf/directives.h"
#include "conf/evaluate.h"
#include "conf/lint_findings.h"

/* Typos and missing quotes: what the text of a conf shows and its values do not. */

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

enum { FINDINGS_LIMIT = 10000, TEXT_LIMIT = 4096 };

const char *lint_kind_name(enum lint_kind kind)
{
	static const char *const names[] = {
		[LINT_UNKNOWN] = "unknown-directive", [LINT_QUOTES] = "quotes",
		[LINT_SECOND_PASS] = "second-pass",   [LINT_USELESS] = "useless",
		[LINT_DEPRECATED] = "deprecated",     [LINT_VALUE] = "value",
	};

	return names[kind];
}

void lint_add(struct lint_findings *findings, enum lint_kind kind, const char *origin,
	      const char *format, ...)
{
	va_list arguments;
	long line;
	size_t length = conf_origin_split(origin, &line);

	if (findings->count == findings->capacity) {
		findings->capacity = findings->capacity ? findings->capacity * 2 : 8;
		findings->items = xreallocarray(findings->items, findings->capacity,
						sizeof(*findings->items));
	}
	va_start(arguments, format);
	findings->items[findings->count++] = (struct lint_finding){
		.kind = kind,
		.file = xstrndup(origin, length),
		.line = line,
		.text = text_vformat(format, arguments),
	};
	va_end(arguments);
}

void lint_refused(void *context, const char *name, const struct conf_value *value,
		  const char *expected)
{
	lint_add(context, LINT_VALUE, value->origin ? value->origin : "configuration",
		 "%s=\"%s\" %s; it changes nothing.", name, value->text, expected);
}

char *lint_directive(const char *name)
{
	const char *likely = nearest_name(name, conf_directive_names);

	if (conf_directive_find(name))
		return NULL;
	if (policy_knows(name))
		return text_format("\"%s\" is ignored here: that is for the administrator to say, "
				   "in /etc/dkms/MODULE.conf.",
				   name);
	return likely ? text_format("\"%s\" is no directive; is \"%s\" meant?", name, likely)
		      : NULL;
}

void conf_lint_directive(struct lint_findings *findings, const char *directive)
{
	cleanup(free_string) char *name = NULL;
	const char *text;
	long index;

	if (conf_assignment_split(directive, &name, &index, &text) < 0)
		return;
	cleanup(free_string) char *problem = lint_directive(name);

	if (problem)
		lint_add(findings, LINT_UNKNOWN, "--directive", "%s", problem);
}

void lint_report(const struct lint_findings *findings, struct reporter *reporter)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct lint_finding *finding = &findings->items[i];

		if (finding->line)
			report(reporter, REPORT_WARNING, "%s:%ld: %s", finding->file, finding->line,
			       finding->text);
		else
			report(reporter, REPORT_WARNING, "%s: %s", finding->file, finding->text);
	}
}

static size_t file_position(const struct strv *files, const char *file)
{
	size_t position = 0;

	while (position < files->count && !text_equal(files->items[position], file))
		position++;
	return position;
}

static int compare(const void *a, const void *b, void *context)
{
	const struct lint_finding *x = a, *y = b;
	size_t x_file = file_position(context, x->file), y_file = file_position(context, y->file);

	if (x_file != y_file)
		return x_file < y_file ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->text, y->text);
}

/* One file's text, for a worker. */
struct lint_job {
	const char *file, *text;
	enum lint_language language;
};

static int lint_in_worker(void *context, struct answer *answer, struct error *error)
{
	const struct lint_job *job = context;
	struct lint_findings findings = {0};

	(void)error;
	lint_text(&findings, job->file, job->text, job->language);
	for (size_t i = 0; i < findings.count; i++) {
		answer_put_number(answer, findings.items[i].kind);
		answer_put_number(answer, (uint64_t)findings.items[i].line);
		answer_put_text(answer, findings.items[i].text);
	}
	return 0;
}

static int take_findings(struct answer *answer, const char *file, struct lint_findings *findings)
{
	while (answer_end(answer) < 0) {
		cleanup(free_string) char *text = NULL;
		uint64_t kind, line;

		if (findings->count == FINDINGS_LIMIT || answer_number(answer, &kind) < 0 ||
		    kind > LINT_VALUE || answer_number(answer, &line) < 0 ||
		    line > CONF_SIZE_LIMIT || answer_text(answer, &text, TEXT_LIMIT) < 0 || !text)
			return -EPROTO;
		cleanup(free_string) char *origin = text_format("%s:%lu", file,
								(unsigned long)line);

		lint_add(findings, (enum lint_kind)kind, origin, "%s", text);
	}
	return 0;
}

int lint_file(struct lint_findings *findings, const char *file, enum lint_language language,
	      struct error *error)
{
	cleanup(free_string) char *text = NULL;
	cleanup(free_string) char *purpose = text_format("examining %s", file);
	cleanup(answer_free) struct answer answer = {0};
	struct lint_job job = {.file = file, .language = language};
	const struct worker worker = {.purpose = purpose, .work = lint_in_worker, .context = &job};

	if (conf_read_text(file, &text, error) < 0)
		return error->code;
	job.text = text;
	if (!text) /* a link, which only bash follows */
		return 0;
	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	if (take_findings(&answer, file, findings) < 0)
		return worker_nonsense(&worker, error);
	return 0;
}

static int lint_files(struct lint_findings *findings, const struct strv *files, struct error *error)
{
	const char *file;

	STRV_FOREACH (file, files)
		if (lint_file(findings, file, file == files->items[0] ? LINT_MODULE : LINT_OVERRIDE,
			      error) < 0)
			return error->code;
	return 0;
}

int conf_lint(struct conf_evaluation *evaluation, const struct conf_values *first_pass,
	      struct lint_findings *ret, struct error *error)
{
	cleanup(lint_findings_free) struct lint_findings findings = {0};
	int code = lint_files(&findings, &evaluation->files, error);

	if (code < 0)
		return code;
	lint_values(&findings, evaluation, first_pass);
	lint_policy(&findings, evaluation);
	if (findings.count > 1)
		qsort_r(findings.items, findings.count, sizeof(*findings.items), compare,
			(void *)&evaluation->files);
	*ret = findings;
	findings = (struct lint_findings){0};
	return 0;
}

void lint_findings_free(struct lint_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].file);
		free(findings->items[i].text);
	}
	free(findings->items);
	*findings = (struct lint_findings){0};
}
