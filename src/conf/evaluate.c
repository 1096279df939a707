/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/evaluate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

/* The text of a configuration file, as root may read it: without interpreting it. */

static int read_all(int fd, off_t size, const char *path, char **ret_text, struct error *error)
{
	cleanup(buffer_free) struct buffer text = {0};
	char chunk[16384];
	ssize_t got;

	if (size > CONF_SIZE_LIMIT)
		return error_set(error, -EFBIG, 0,
				 "%s is too large: a configuration file may have at most %d bytes.",
				 path, CONF_SIZE_LIMIT);
	while ((got = read(fd, chunk, sizeof(chunk))) > 0 && text.length <= CONF_SIZE_LIMIT)
		buffer_add(&text, chunk, (size_t)got);
	if (got < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	if (text.length && memchr(text.data, '\0', text.length))
		return error_set(error, -EILSEQ, 0,
				 "%s is no configuration file: it holds NUL bytes", path);
	*ret_text = buffer_take(&text);
	return 0;
}

static int read_text(const char *path, char **ret_text, struct error *error)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat info;

	if (fd < 0 && errno == ELOOP)
		return 0;
	if (fd < 0 || fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	if (S_ISDIR(info.st_mode))
		return error_errno(error, -EISDIR, 0, "Cannot read %s", path);
	/* Perhaps another's private file, under a second name. */
	if (file_is_closed_hard_link(&info))
		return 0;
	if (!S_ISREG(info.st_mode))
		return error_set(error, -EINVAL, 0, "%s is no regular file.", path);
	return read_all(fd, info.st_size, path, ret_text, error);
}

int conf_read_text(const char *path, char **ret_text, struct error *error)
{
	int code = read_text(path, ret_text, error);

	return code < 0 ? error_set_status(error, code == -ENOENT ? EXIT_BROKEN : EXIT_BAD_CONF)
			: 0;
}

/* Enough for the modules of a large system, within the limit of open files. */
enum { SHELLS_LIMIT = 100 };

struct conf_shell {
	char *file;
	struct bash *bash;
};

static int read_all_files(const struct strv *files, char **texts, struct error *error)
{
	for (size_t i = 0; i < files->count; i++)
		if (conf_read_text(files->items[i], &texts[i], error) < 0)
			return error->code;
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

/* A file that bash was handed has another name there. */
static char *with_name(const char *line, const struct strv *files)
{
	static const char handed[] = "/dev/fd/9:";
	const char *file = files->items[files->count - 1];

	if (!text_starts_with(line, handed))
		return xstrdup(line);
	return text_format("%s:%s", file, line + sizeof(handed) - 1);
}

static bool is_refusal(const char *line)
{
	static const char *const refusals[] = {
		": Permission denied",   ": Read-only file system", ": Network is unreachable",
		"Failed to connect to ", "Could not resolve host",  "Name or service not known"};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		if (strstr(line, refusals[i]))
			return true;
	return false;
}

static void report_messages(const char *messages, const struct strv *files,
			    struct reporter *reporter)
{
	cleanup(strv_free) struct strv lines = {0};
	bool refused = false;
	const char *line;

	strv_split(&lines, messages, "\n");
	STRV_FOREACH (line, &lines) {
		cleanup(free_string) char *text = with_name(line, files);
		bool wrong = strstr(line, ": syntax error") || strstr(line, ": unexpected EOF");

		report_text(reporter, wrong ? REPORT_CONF_ERROR : REPORT_CONF_WARNING, text);
		refused |= is_refusal(line);
	}
	if (refused)
		report(reporter, REPORT_CONF_WARNING,
		       "%s is read by a user without rights, who may write nothing and has no "
		       "network. Leave such work to PRE_BUILD or MAKE: they may write to the build "
		       "directory.",
		       files->items[0]);
}

static void forget(struct conf_shells *shells, size_t index)
{
	bash_end(shells->items[index].bash);
	free(shells->items[index].file);
	memmove(&shells->items[index], &shells->items[index + 1],
		(shells->count - index - 1) * sizeof(*shells->items));
	shells->count--;
}

void conf_shells_free(struct conf_shells *shells)
{
	while (shells->count && shells->owner == getpid())
		forget(shells, shells->count - 1);
	free(shells->items);
	*shells = (struct conf_shells){0};
}

/* Takes the bash that was kept for a file; NULL: there is none. */
static struct bash *take_kept(struct conf_shells *shells, const char *file)
{
	if (!shells || shells->owner != getpid())
		return NULL;
	for (size_t i = shells->count; i-- > 0;)
		if (text_equal(shells->items[i].file, file)) {
			struct bash *bash = TAKE(shells->items[i].bash);

			shells->items[i].bash = NULL;
			free(shells->items[i].file);
			memmove(&shells->items[i], &shells->items[i + 1],
				(shells->count - i - 1) * sizeof(*shells->items));
			shells->count--;
			return bash;
		}
	return NULL;
}

static void keep(struct conf_shells *shells, const char *file, struct bash *bash)
{
	if (shells && !shells->count)
		shells->owner = getpid();
	if (!shells || shells->owner != getpid()) {
		bash_end(bash);
		return;
	}
	if (shells->count == SHELLS_LIMIT)
		forget(shells, 0);
	*ARRAY_ADD(shells->items, shells->count) = (struct conf_shell){xstrdup(file), bash};
}

static int use_bash(const struct evaluate_input *input, char *const *texts, struct conf_values *ret,
		    char **ret_messages, struct error *error)
{
	const char *file = input->files->items[0];
	cleanup(free_string) char *purpose = text_format("evaluating %s", file);
	cleanup(bash_end_handler) struct bash *bash = take_kept(input->shells, file);

	if (!bash && bash_start(purpose, &bash, error) < 0)
		return error_set_status(error, EXIT_BAD_CONF);
	if (bash_evaluate(bash, input, texts, ret, ret_messages, error) < 0)
		return error->code;
	keep(input->shells, file, TAKE(bash));
	return 0;
}

int conf_evaluate_files(const struct evaluate_input *input, struct conf_values *ret,
			struct reporter *reporter, struct error *error)
{
	cleanup(strv_free) struct strv texts = {0};
	cleanup(free_string) char *messages = NULL;
	cleanup(conf_values_free) struct conf_values values = {0};

	for (size_t i = 0; i < input->files->count; i++)
		strv_add_owned(&texts, NULL);
	if (read_all_files(input->files, texts.items, error) < 0 ||
	    use_bash(input, texts.items, &values, &messages, error) < 0)
		return error->code;
	report_messages(messages, input->files, reporter);
	drop_untouched(input, &values);
	*ret = values;
	values = (struct conf_values){0};
	return 0;
}
