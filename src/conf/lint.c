/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/lint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "cage/worker.h"
#include "conf/conf_text.h"
#include "conf/lint_findings.h"

enum { FINDINGS_LIMIT = 10000, TEXT_LIMIT = 4096 };

const char *lint_kind_name(enum lint_kind kind)
{
	static const char *const names[] = {
		[LINT_UNKNOWN] = "unknown-directive", [LINT_QUOTES] = "quotes",
		[LINT_SECOND_PASS] = "second-pass",   [LINT_USELESS] = "useless",
		[LINT_DEPRECATED] = "deprecated",
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
	bool own;
};

static int lint_in_worker(void *context, struct answer *answer, struct error *error)
{
	const struct lint_job *job = context;
	struct lint_findings findings = {0};

	(void)error;
	lint_text(&findings, job->file, job->text, job->own);
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
		    kind > LINT_DEPRECATED || answer_number(answer, &line) < 0 ||
		    line > CONF_SIZE_LIMIT || answer_text(answer, &text, TEXT_LIMIT) < 0 || !text)
			return -EPROTO;
		cleanup(free_string) char *origin = text_format("%s:%lu", file,
								(unsigned long)line);

		lint_add(findings, (enum lint_kind)kind, origin, "%s", text);
	}
	return 0;
}

static int lint_file(struct lint_findings *findings, const char *file, bool own,
		     struct error *error)
{
	cleanup(free_string) char *text = NULL;
	cleanup(free_string) char *purpose = text_format("examining %s", file);
	cleanup(answer_free) struct answer answer = {0};
	struct lint_job job = {.file = file, .own = own};
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
		if (lint_file(findings, file, file == files->items[0], error) < 0)
			return error->code;
	return 0;
}

int conf_lint(const struct conf_evaluation *evaluation, const struct conf_values *first_pass,
	      struct lint_findings *ret, struct error *error)
{
	cleanup(lint_findings_free) struct lint_findings findings = {0};
	int code = lint_files(&findings, &evaluation->files, error);

	if (code < 0)
		return code;
	lint_values(&findings, evaluation, first_pass);
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
