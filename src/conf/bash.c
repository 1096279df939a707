/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/bash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"
#include "cage/companion.h"

extern char **environ;

enum {
	DEFAULT_TIME_LIMIT = 30,        /* seconds */
	VALUES_LIMIT = 4 * 1024 * 1024, /* bytes of an answer */
	ELEMENTS_LIMIT = 20000,         /* values in it */
	DIED_BY_SIGNAL = 128,
};

/*
 * A question is a list of NUL-terminated fields. First: whether the values of the first pass
 * are wanted. Then the number of names, and the names. Then the number of variables, and their
 * names and values in turn. Last come each file's path and content. The answer is a list of
 * blocks. Each has "first", "second" or "closed" (a file that cannot be read), then name, index
 * and value of each element, then an empty field.
 */
static const char script[] =
	"shopt -s extglob\n"
	"dkms_dump() {\n"
	"	local dkms_name dkms_index dkms_indices dkms_element dkms_block=(\"$1\")\n"
	"	for dkms_name in \"${@:2}\"; do\n"
	"		eval \"dkms_indices=(\\\"\\${!$dkms_name[@]}\\\")\"\n"
	"		for dkms_index in \"${dkms_indices[@]}\"; do\n"
	"			dkms_element=\"$dkms_name[$dkms_index]\"\n"
	"			dkms_block+=(\"$dkms_name\" \"$dkms_index\" \"${!dkms_element}\")\n"
	"		done\n"
	"	done\n"
	"	builtin printf '%s\\0' \"${dkms_block[@]}\" ''\n"
	"} >&11\n"
	"dkms_pass_one() {\n"
	"	local dkms_file=\"$1\" dkms_text=\"$2\" dkms_name dkms_index dkms_list dkms_cr=$'\\r'\n"
	"	shift 2\n"
	"	local -ar dkms_names=(\"$@\")\n"
	"	if [[ -r $dkms_file ]]; then\n"
	"		. \"$dkms_file\" >/dev/null\n"
	"	elif [[ $dkms_text ]]; then\n"
	"		. /dev/fd/9 9<<<\"$dkms_text\" >/dev/null\n"
	"	else\n"
	"		dkms_dump closed\n"
	"	fi\n"
	"	((dkms_first)) && dkms_dump first \"${dkms_names[@]}\"\n"
	"	for dkms_name in \"${dkms_names[@]}\"; do\n"
	"		eval \"dkms_list=\\\"\\${!$dkms_name[@]}\\\"\"\n"
	"		for dkms_index in $dkms_list; do\n"
	"			eval echo '$dkms_name[$dkms_index]="
	"\\\"${'$dkms_name'[$dkms_index]%$dkms_cr}\\\"'\n"
	"		done\n"
	"	done\n"
	"}\n"
	"dkms_evaluate() {\n"
	"	local dkms_lines\n"
	"	dkms_lines=$(dkms_pass_one \"$@\")\n"
	"	shift 2\n"
	"	. /dev/fd/9 9<<<\"$dkms_lines\" >/dev/null\n"
	"	dkms_dump second \"$@\"\n"
	"}\n"
	"while read -r; do\n"
	"	(\n"
	"		exec </dev/null 12>&-\n"
	"		mapfile -d '' -t dkms_fields </dev/fd/10\n"
	"		dkms_first=${dkms_fields[0]}\n"
	"		set -- \"${dkms_fields[@]:1}\"\n"
	"		unset dkms_fields\n"
	"		dkms_names=(\"${@:2:$1}\")\n"
	"		shift $(($1 + 1))\n"
	"		unset \"${dkms_names[@]}\"\n"
	"		dkms_end=$((2 * $1))\n"
	"		shift\n"
	"		while ((dkms_end)); do\n"
	"			printf -v \"$1\" %s \"$2\"\n"
	"			shift 2\n"
	"			((dkms_end -= 2))\n"
	"		done\n"
	"		while (($#)); do\n"
	"			dkms_evaluate \"$1\" \"$2\" \"${dkms_names[@]}\"\n"
	"			shift 2\n"
	"		done\n"
	"	)\n"
	"	builtin printf '%s\\n' $? >&12\n"
	"done\n";

struct bash {
	struct companion *companion;
	char *purpose;
};

/* Variables of the caller that a configuration file may see. */
static bool is_harmless(const char *entry)
{
	static const char *const names[] = {"PATH=", "HOME=", "LANG=", "LANGUAGE=", "LC_",
					    "TZ=",   "TERM=", "USER=", "LOGNAME="};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_starts_with(entry, names[i]))
			return true;
	return false;
}

static void build_environment(struct strv *env)
{
	for (char **entry = environ; *entry; entry++)
		if (is_harmless(*entry))
			strv_add(env, *entry);
	strv_add(env, "TMPDIR=" COMPANION_MEMORY);
}

int bash_start(const char *purpose, struct bash **ret, struct error *error)
{
	const char *const argv[] = {"bash", "--norc", "--noprofile", "-c", script, "dkms", NULL};
	cleanup(bash_end_handler) struct bash *bash = NEW(struct bash);
	cleanup(strv_free) struct strv env = {0};

	build_environment(&env);
	const struct companion_request request = {
		.purpose = purpose, .argv = (char *const *)argv, .env = strv_argv(&env)};

	bash->purpose = xstrdup(purpose);
	if (companion_start(&request, &bash->companion, error) < 0)
		return error->code;
	*ret = TAKE(bash);
	return 0;
}

void bash_end(struct bash *bash)
{
	if (bash->companion)
		companion_end(bash->companion);
	free(bash->purpose);
	free(bash);
}

static void add_field(struct buffer *question, const char *text)
{
	buffer_add(question, text, strlen(text) + 1);
}

static void add_number(struct buffer *question, size_t number)
{
	cleanup(free_string) char *text = text_format("%zu", number);

	add_field(question, text);
}

/* A name without a slash would be looked up on PATH. */
static void add_path(struct buffer *question, const char *file)
{
	cleanup(free_string) char *path = text_format("%s%s", strchr(file, '/') ? "" : "./", file);

	add_field(question, path);
}

static void build_question(const struct evaluate_input *input, char *const *texts,
			   struct buffer *question)
{
	size_t names = 0;

	while (input->names[names])
		names++;
	add_field(question, input->first_pass ? "1" : "0");
	add_number(question, names);
	for (size_t i = 0; i < names; i++)
		add_field(question, input->names[i]);
	add_number(question, input->variable_count);
	for (size_t i = 0; i < input->variable_count; i++) {
		add_field(question, input->variables[i].name);
		add_field(question, input->variables[i].value);
	}
	for (size_t i = 0; i < input->files->count; i++) {
		add_path(question, input->files->items[i]);
		/* Not "": that is for a file which bash has to open. */
		add_field(question, texts[i] ? *texts[i] ? texts[i] : "\n" : "");
	}
}

/* An answer that is being read. */
struct reading {
	const char *at, *end;
	const struct evaluate_input *input;
	size_t elements;
};

/* The next field; NULL at the end, or where it is not terminated. */
static const char *next_field(struct reading *reading)
{
	const char *field = reading->at;
	const char *nul = field < reading->end ? memchr(field, '\0', (size_t)(reading->end - field))
					       : NULL;

	if (nul)
		reading->at = nul + 1;
	return nul ? field : NULL;
}

static bool is_wanted(const struct evaluate_input *input, const char *name)
{
	for (const char *const *wanted = input->names; *wanted; wanted++)
		if (text_equal(*wanted, name))
			return true;
	return false;
}

/* Reads an index as bash prints it. */
static bool read_index(const char *text, long *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtol(text, &end, 10);
	return !errno && !*end;
}

/* The elements of a block: true if it is complete and makes sense. */
static bool read_block(struct reading *reading, struct conf_values *values)
{
	const char *name;

	while ((name = next_field(reading)) && *name) {
		const char *index = next_field(reading), *text = next_field(reading);
		long number;

		if (!text || !is_wanted(reading->input, name) ||
		    ++reading->elements > ELEMENTS_LIMIT)
			return false;
		/* An associative array's key is no index. */
		if (read_index(index, &number))
			conf_values_set(values, name, number, text, NULL);
	}
	return name;
}

/* Values that a file has not touched keep their origin; the others come from it. */
static void set_origins(struct conf_values *now, const struct conf_values *before,
			const struct evaluate_input *input, const char *file)
{
	for (const char *const *name = input->names; *name; name++) {
		const struct conf_array *array = conf_values_array(now, *name);

		for (size_t i = 0; array && i < array->count; i++) {
			struct conf_value *value = &array->values[i];
			const struct conf_value *old = conf_values_find(before, *name,
									value->index);
			bool same = old && text_equal(old->text, value->text);

			text_assign(&value->origin, same ? old->origin : file);
		}
	}
}

static int nonsense(const struct bash *bash, struct error *error)
{
	return error_set(error, -EPROTO, EXIT_BAD_CONF,
			 "The process for %s answered nonsense, or too much.", bash->purpose);
}

/* Why there is no block for a file where there should be one. */
static int missing_block(const struct bash *bash, const char *file, int status, struct error *error)
{
	if (status > DIED_BY_SIGNAL)
		return error_set(error, -EPIPE, EXIT_BAD_CONF, "The process for %s died (%s).",
				 bash->purpose, strsignal(status - DIED_BY_SIGNAL));
	return error_set(error, -EINVAL, EXIT_BAD_CONF,
			 "%s ends the shell that evaluates it, in the second pass", file);
}

/* The blocks of one file; *values is what there was before, and comes out as the file leaves it. */
static int read_file(const struct bash *bash, struct reading *reading, const char *file, int status,
		     struct conf_values *values, struct error *error)
{
	for (;;) {
		cleanup(conf_values_free) struct conf_values now = {0};
		const char *kind = next_field(reading);
		bool first = text_equal(kind, "first");

		if (!kind)
			return missing_block(bash, file, status, error);
		if (!read_block(reading, &now))
			return nonsense(bash, error);
		if (text_equal(kind, "closed"))
			return error_set(
				error, -EACCES, EXIT_BAD_CONF,
				"%s cannot be read without root's rights: give others "
				"the right to read it, or put a file in place of the link.",
				file);
		if (!first && !text_equal(kind, "second"))
			return nonsense(bash, error);
		struct conf_values *target = first ? reading->input->first_pass : values;

		if (!target)
			continue;
		set_origins(&now, target, reading->input, file);
		conf_values_free(target);
		*target = now;
		now = (struct conf_values){0};
		if (!first)
			return 0;
	}
}

static int read_answer(const struct bash *bash, const struct evaluate_input *input,
		       const struct companion_reply *reply, struct conf_values *ret,
		       struct error *error)
{
	struct reading reading = {.at = reply->answer.data,
				  .end = reply->answer.data + reply->answer.length,
				  .input = input};
	cleanup(conf_values_free) struct conf_values values = {0};
	const char *file;

	for (size_t i = 0; i < input->variable_count; i++)
		conf_values_set(&values, input->variables[i].name, 0, input->variables[i].value,
				NULL);
	STRV_FOREACH (file, input->files)
		if (read_file(bash, &reading, file, reply->status, &values, error) < 0)
			return error->code;
	*ret = values;
	values = (struct conf_values){0};
	return 0;
}

int bash_evaluate(struct bash *bash, const struct evaluate_input *input, char *const *texts,
		  struct conf_values *ret, char **ret_messages, struct error *error)
{
	cleanup(companion_reply_free) struct companion_reply reply = {0};
	cleanup(buffer_free) struct buffer question = {0};
	unsigned int seconds = input->time_limit_seconds ? (unsigned int)input->time_limit_seconds
							 : DEFAULT_TIME_LIMIT;

	build_question(input, texts, &question);
	if (companion_ask(bash->companion, question.data, question.length, seconds, VALUES_LIMIT,
			  &reply, error) < 0)
		return error_set_status(error, EXIT_BAD_CONF);
	if (read_answer(bash, input, &reply, ret, error) < 0)
		return error->code;
	*ret_messages = buffer_take(&reply.messages);
	return 0;
}
