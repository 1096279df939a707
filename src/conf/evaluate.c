/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/evaluate.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "conf/bash_runner.h"

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
		char *text;

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

int conf_evaluate_files(const struct evaluate_input *input, struct conf_values *ret,
			enum evaluated_by *ret_by, struct strv *ret_reason,
			struct reporter *reporter, struct error *error)
{
	cleanup(strv_free) struct strv texts = {0};
	struct conf_values values = {0};

	(void)ret_reason;
	if (read_all_files(input->files, &texts, error) < 0)
		return error->code;
	if (bash_evaluate(input, &values, reporter, error) < 0)
		return error->code;
	drop_untouched(input, &values);
	if (ret_by)
		*ret_by = EVALUATED_BASH;
	*ret = values;
	return 0;
}
