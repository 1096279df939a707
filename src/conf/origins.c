/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/origins.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"
#include "cage/worker.h"
#include "conf/assignment_scanner.h"
#include "conf/directives.h"
#include "conf/evaluate.h"

enum { ASSIGNMENTS_LIMIT = 20000, NAME_LIMIT = 64 };

static const uint64_t any_index = UINT64_MAX;

/* The index of NAME[3]=…; any for NAME=(…) and for what only bash can say. */
static uint64_t index_of(const struct found_assignment *found)
{
	const char *rest = found->name + found->name_length;
	char *end;

	if (*rest == '=')
		return rest[1] == '(' ? any_index : 0;
	if (*rest != '[' || !isdigit((unsigned char)rest[1]))
		return any_index;
	unsigned long index = strtoul(rest + 1, &end, 10);

	return *end == ']' ? index : any_index;
}

/* In the worker: name, index and line of each assignment to what dkms knows. */
static int scan(void *context, struct answer *answer, struct error *error)
{
	struct assignment_scanner scanner = assignment_scanner_start(context);
	struct found_assignment found;

	(void)error;
	while (assignment_scanner_next(&scanner, &found)) {
		cleanup(free_string) char *name = xstrndup(found.name, found.name_length);

		if (found.for_one_command || found.blank_before_equals ||
		    (!conf_directive_find(name) && !setting_is_known(name)))
			continue;
		answer_put_text(answer, name);
		answer_put_number(answer, index_of(&found));
		answer_put_number(answer, (uint64_t)found.line);
	}
	return 0;
}

/* One assignment at a line of the file: to which values it belongs, the later one wins. */
static void set_line(struct conf_values *values, const char *file, const char *name, uint64_t index,
		     uint64_t line)
{
	const struct conf_array *array = conf_values_array(values, name);

	for (size_t i = 0; array && i < array->count; i++) {
		struct conf_value *value = &array->values[i];
		long old_line;
		size_t length = conf_origin_split(value->origin ? value->origin : "", &old_line);
		bool from_here = length == strlen(file) && value->origin &&
				 strncmp(value->origin, file, length) == 0;

		if (!from_here || (index != any_index && index != (uint64_t)value->index))
			continue;
		free(value->origin);
		value->origin = text_format("%s:%lu", file, (unsigned long)line);
	}
}

static int take_lines(struct answer *answer, const char *file, struct conf_values *values)
{
	for (size_t i = 0; answer_end(answer) < 0; i++) {
		cleanup(free_string) char *name = NULL;
		uint64_t index, line;

		if (i == ASSIGNMENTS_LIMIT || answer_text(answer, &name, NAME_LIMIT) < 0 || !name ||
		    answer_number(answer, &index) < 0 || answer_number(answer, &line) < 0 ||
		    line > CONF_SIZE_LIMIT)
			return -EPROTO;
		set_line(values, file, name, index, line);
	}
	return 0;
}

static int find_in(const char *file, struct conf_values *values, struct error *error)
{
	cleanup(free_string) char *text = NULL;
	cleanup(free_string) char *purpose = text_format("searching %s", file);
	cleanup(answer_free) struct answer answer = {0};
	struct worker worker = {.purpose = purpose, .work = scan};

	if (conf_read_text(file, &text, error) < 0)
		return error->code;
	worker.context = text;
	if (!text) /* a link, which only bash follows */
		return 0;
	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	return take_lines(&answer, file, values) < 0 ? worker_nonsense(&worker, error) : 0;
}

/* The files that the values of some names come from. */
static void list_files(const struct conf_values *values, const char *const *names,
		       struct strv *files)
{
	for (; *names; names++) {
		const struct conf_array *array = conf_values_array(values, *names);

		for (size_t i = 0; array && i < array->count; i++) {
			const char *origin = array->values[i].origin;
			long line = 0;

			if (!origin || !strchr(origin, '/') || strv_contains(files, origin))
				continue;
			(void)conf_origin_split(origin, &line);
			if (!line)
				strv_add(files, origin);
		}
	}
}

int conf_find_origins(struct conf_values *values, struct error *error)
{
	cleanup(strv_free) struct strv files = {0};
	const char *file;

	list_files(values, conf_directive_names, &files);
	list_files(values, setting_names, &files);
	STRV_FOREACH (file, &files)
		if (find_in(file, values, error) < 0)
			return error->code;
	return 0;
}
