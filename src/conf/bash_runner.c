/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/bash_runner.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"
#include "conf/bash_cage.h"

extern char **environ;

enum {
	DEFAULT_TIME_LIMIT = 30,       /* seconds */
	MESSAGES_LIMIT = 1024 * 1024,  /* bytes on stderr */
	DUMP_LIMIT = 64 * 1024 * 1024, /* bytes of values */
};

#define MEMORY_LIMIT ((rlim_t)4 << 30)

/*
 * Arguments: descriptor for the dump; number of files, files; number of variables, names and
 * values in turn; names of the directives. After each file the values so far are dumped, a NUL
 * after each field: NAME, index, value; then an empty NAME. stdout, like stderr, is the pipe
 * that collects messages.
 */
static const char script[] =
	"exec 2>&1\n"
	"shopt -s extglob\n"
	"dkms_pass_one() {\n"
	"	local dkms_file=\"$1\" dkms_name dkms_index dkms_cr=$'\\r'\n"
	"	shift\n"
	"	local -ar dkms_names=(\"$@\")\n"
	"	exec {dkms_dump}>&-\n"
	"	. \"$dkms_file\" >/dev/null\n"
	"	for dkms_name in \"${dkms_names[@]}\"; do\n"
	"		for dkms_index in $(eval echo '${!'$dkms_name'[@]}'); do\n"
	"			eval echo '$dkms_name[$dkms_index]="
	"\\\"${'$dkms_name'[$dkms_index]%$dkms_cr}\\\"'\n"
	"		done\n"
	"	done\n"
	"}\n"
	"dkms_dump_values() {\n"
	"	local dkms_name dkms_index dkms_indices dkms_element\n"
	"	for dkms_name; do\n"
	"		eval \"dkms_indices=(\\\"\\${!$dkms_name[@]}\\\")\"\n"
	"		for dkms_index in \"${dkms_indices[@]}\"; do\n"
	"			dkms_element=\"$dkms_name[$dkms_index]\"\n"
	"			builtin printf '%s\\0' \"$dkms_name\" \"$dkms_index\" "
	"\"${!dkms_element}\"\n"
	"		done\n"
	"	done >&\"$dkms_dump\"\n"
	"	builtin printf '\\0' >&\"$dkms_dump\"\n"
	"}\n"
	"dkms_evaluate() {\n"
	"	local dkms_lines\n"
	"	dkms_lines=$(dkms_pass_one \"$@\")\n"
	"	shift\n"
	"	. /dev/fd/3 3<<<\"$dkms_lines\" >/dev/null\n"
	"	dkms_dump_values \"$@\"\n"
	"}\n"
	"dkms_dump=$1\n"
	"dkms_files=(\"${@:3:$2}\")\n"
	"shift $(($2 + 2))\n"
	"dkms_variables=(\"${@:2:2*$1}\")\n"
	"shift $((2 * $1 + 1))\n"
	"unset \"$@\"\n"
	"while ((${#dkms_variables[@]})); do\n"
	"	printf -v \"${dkms_variables[0]}\" %s \"${dkms_variables[1]}\"\n"
	"	dkms_variables=(\"${dkms_variables[@]:2}\")\n"
	"done\n"
	"for dkms_file in \"${dkms_files[@]}\"; do\n"
	"	dkms_evaluate \"$dkms_file\" \"$@\"\n"
	"done\n";

static void build_argv(const struct evaluate_input *input, int dump_fd, struct strv *argv)
{
	const char *file;

	strv_add(argv, "bash");
	strv_add(argv, "--norc");
	strv_add(argv, "-c");
	strv_add(argv, script);
	strv_add(argv, "dkms");
	strv_add_format(argv, "%d", dump_fd);
	strv_add_format(argv, "%zu", input->files->count);
	STRV_FOREACH (file, input->files) {
		/* A name without a slash would be looked up on PATH. */
		strv_add_format(argv, "%s%s", strchr(file, '/') ? "" : "./", file);
	}
	strv_add_format(argv, "%zu", input->variable_count);
	for (size_t i = 0; i < input->variable_count; i++) {
		strv_add(argv, input->variables[i].name);
		strv_add(argv, input->variables[i].value);
	}
	for (const char *const *name = input->names; *name; name++)
		strv_add(argv, *name);
}

/* What would make this bash another one than a plain script sees. */
static bool changes_bash(const char *entry)
{
	static const char *const prefixes[] = {
		"BASH_ENV=",      "ENV=",         "SHELLOPTS=",  "BASHOPTS=",        "BASH_FUNC_",
		"BASH_XTRACEFD=", "BASH_COMPAT=", "GLOBIGNORE=", "POSIXLY_CORRECT=", "EXECIGNORE=",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (text_starts_with(entry, prefixes[i]))
			return true;
	return false;
}

static void build_environment(struct strv *env)
{
	for (char **entry = environ; *entry; entry++)
		if (!changes_bash(*entry))
			strv_add(env, *entry);
}

static int limit_memory(void *context)
{
	struct rlimit limit = {MEMORY_LIMIT, MEMORY_LIMIT};

	(void)context;
	return setrlimit(RLIMIT_AS, &limit);
}

/* In the cage if there is one; a file that cannot be read in there is run as it is. */
static int capture(const struct evaluate_input *input, const struct process *process, int dump_fd,
		   char **ret_messages, struct error *error)
{
	struct cage *cage = NULL;
	bool closed = true;
	int status, code;

	if (bash_cage_open(input, &cage, error) < 0)
		return error->code;
	if (cage) {
		code = bash_cage_capture(cage, input, process, dump_fd, MESSAGES_LIMIT,
					 ret_messages, &closed, error);
		cage_close(cage);
		if (code < 0 || !closed)
			return code;
		free(*ret_messages);
		*ret_messages = NULL;
		if (input->cage->required)
			return bash_cage_refuse("it is closed to users other than root", error);
	}
	return process_capture(process, MESSAGES_LIMIT, ret_messages, NULL, &status, error);
}

/* Runs the script; *ret_messages is what it said on stderr. */
static int run(const struct evaluate_input *input, int dump_fd, char **ret_messages,
	       struct error *error)
{
	cleanup(strv_free) struct strv argv = {0};
	cleanup(strv_free) struct strv env = {0};

	build_argv(input, dump_fd, &argv);
	build_environment(&env);
	struct process process = {
		.argv = strv_argv(&argv),
		.env = strv_argv(&env),
		.stdout_fd = 0,
		.timeout_seconds = input->time_limit_seconds ? input->time_limit_seconds
							     : DEFAULT_TIME_LIMIT,
		.prepare = limit_memory,
	};

	if (capture(input, &process, dump_fd, ret_messages, error) < 0) {
		error_set_status(error, EXIT_BAD_CONF);
		return error_wrap(error, "Cannot evaluate %s", input->files->items[0]);
	}
	return 0;
}

static int read_dump(int fd, char **ret_dump, size_t *ret_length, struct error *error)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read the values from bash");
	if (info.st_size > DUMP_LIMIT)
		return error_set(error, -EFBIG, EXIT_BAD_CONF,
				 "The configuration makes more than %d bytes of values",
				 DUMP_LIMIT);
	cleanup(free_string) char *dump = xcalloc((size_t)info.st_size + 1, 1);

	for (off_t done = 0; done < info.st_size;) {
		ssize_t got = pread(fd, dump + done, (size_t)(info.st_size - done), done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_errno(error, got < 0 ? -errno : -EIO, 0,
					   "Cannot read the values from bash");
		done += got;
	}
	*ret_length = (size_t)info.st_size;
	*ret_dump = TAKE(dump);
	return 0;
}

/* The NUL-terminated field at *position, which moves behind it; NULL at the end. */
static const char *next_field(const char *dump, size_t length, size_t *position)
{
	const char *field = dump + *position;

	if (*position >= length)
		return NULL;
	*position += strlen(field) + 1;
	return *position <= length ? field : NULL;
}

/*
 * One file's part of the dump: values replaced by it, the origins of unchanged ones kept. False if
 * the dump ends too early.
 */
static bool take_dump(const char *dump, size_t length, size_t *position, const char *file,
		      struct conf_values *values)
{
	struct conf_values now = {0};
	const char *name;

	while ((name = next_field(dump, length, position)) && *name) {
		const char *index = next_field(dump, length, position);
		const char *text = next_field(dump, length, position);

		if (!text)
			break;
		long number = strtol(index, NULL, 10);
		const struct conf_value *old = conf_values_find(values, name, number);
		bool same = old && text_equal(old->text, text);

		conf_values_set(&now, name, number, text, same ? old->origin : file);
	}
	conf_values_free(values);
	*values = now;
	return name && !*name;
}

int bash_evaluate(const struct evaluate_input *input, struct conf_values *ret, char **ret_messages,
		  struct error *error)
{
	cleanup(close_fd) int dump_fd = memfd_create("dkms-conf", 0);
	cleanup(conf_values_free) struct conf_values values = {0};
	cleanup(free_string) char *dump = NULL, *messages = NULL;
	size_t length = 0, position = 0;
	const char *file;

	if (dump_fd < 0)
		return error_errno(error, -errno, 0, "Cannot make room for the values from bash");
	if (run(input, dump_fd, &messages, error) < 0 ||
	    read_dump(dump_fd, &dump, &length, error) < 0)
		return error->code;
	for (size_t i = 0; i < input->variable_count; i++)
		conf_values_set(&values, input->variables[i].name, 0, input->variables[i].value,
				NULL);
	STRV_FOREACH (file, input->files)
		if (!take_dump(dump, length, &position, file, &values))
			return error_set(error, -EINVAL, EXIT_BAD_CONF,
					 "%s ends the shell that evaluates it, in the second pass",
					 file);
	*ret_messages = TAKE(messages);
	*ret = values;
	values = (struct conf_values){0};
	return 0;
}
