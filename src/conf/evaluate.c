/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/evaluate.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "conf/bash_runner.h"
#include "conf/evaluator.h"

/* Reads one configuration file, refusing what bash could not sensibly source. */
static int read_conf(const char *path, char **ret_text, struct error *error)
{
	cleanup(free_string) char *text = NULL;
	size_t length;
	int code = file_read(path, CONF_SIZE_LIMIT, &text, &length, error);

	if (code == -ENOENT)
		return error_set_status(error, EXIT_BROKEN);
	if (code == -EFBIG)
		error_hint(error, "A configuration file may have at most %d bytes.",
			   CONF_SIZE_LIMIT);
	if (code < 0)
		return error_set_status(error, EXIT_BAD_CONF);
	if (strlen(text) != length)
		return error_set(error, -EILSEQ, EXIT_BAD_CONF,
				 "%s is no configuration file: it holds NUL bytes", path);
	*ret_text = TAKE(text);
	return 0;
}

static int read_all_files(const struct strv *files, struct strv *texts, struct error *error)
{
	const char *file;

	STRV_FOREACH (file, files) {
		char *text = NULL;

		if (read_conf(file, &text, error) < 0)
			return error->code;
		strv_add_owned(texts, text);
	}
	return 0;
}

/* Takes away what the files left as the variables had it. */
static void drop_untouched(const struct evaluate_input *input, struct conf_values *values)
{
	for (size_t i = 0; i < input->variable_count; i++) {
		const struct conf_variable *variable = &input->variables[i];
		const struct conf_array *array = conf_values_array(values, variable->name);

		if (array && array->count == 1 &&
		    text_equal(conf_values_get(values, variable->name, 0), variable->value))
			conf_values_unset(values, variable->name);
	}
}

static void report_lines(const char *text, enum report_kind kind, struct reporter *reporter)
{
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	strv_split(&lines, text, "\n");
	STRV_FOREACH (line, &lines)
		report_text(reporter, kind, line);
}

/* Lets bash evaluate; a file that is wrong (for that reason) is reported if bash says so too. */
static int use_bash(const struct evaluate_input *input, const char *wrong, struct conf_values *ret,
		    struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *messages = NULL;

	if (bash_evaluate(input, ret, &messages, error) < 0)
		return error->code;
	if (wrong && !text_empty(messages))
		report_text(reporter, REPORT_CONF_ERROR, wrong);
	report_lines(messages, REPORT_CONF_WARNING, reporter);
	return 0;
}

static int use_evaluator(const struct evaluate_input *input, const struct strv *texts,
			 struct conf_values *ret, enum evaluated_by *by, struct strv *ret_reason,
			 struct reporter *reporter, struct error *error)
{
	cleanup(buffer_free) struct buffer messages = {0};
	cleanup(free_string) char *reason = NULL;
	enum evaluator_result result = builtin_evaluate(input, texts, ret, &messages, &reason);

	*by = EVALUATED_BUILTIN;
	if (result == EVALUATOR_DONE) {
		report_lines(messages.data ? messages.data : "", REPORT_CONF_WARNING, reporter);
		return 0;
	}
	if (result == EVALUATOR_ENDLESS)
		return error_set(error, -ETIMEDOUT, EXIT_BAD_CONF, "%s", reason);
	if (ret_reason)
		strv_add(ret_reason, reason);
	*by = EVALUATED_BASH;
	return use_bash(input, result == EVALUATOR_WRONG ? reason : NULL, ret, reporter, error);
}

int conf_evaluate_files(const struct evaluate_input *input, struct conf_values *ret,
			enum evaluated_by *ret_by, struct strv *ret_reason,
			struct reporter *reporter, struct error *error)
{
	cleanup(strv_free) struct strv texts = {0};
	struct conf_values values = {0};
	enum evaluated_by by;

	if (read_all_files(input->files, &texts, error) < 0 ||
	    use_evaluator(input, &texts, &values, &by, ret_reason, reporter, error) < 0)
		return error->code;
	drop_untouched(input, &values);
	if (ret_by)
		*ret_by = by;
	*ret = values;
	return 0;
}
