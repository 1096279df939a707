/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/cmd_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

enum { SIZE_LIMIT = 16 << 20 };

static const char assignment[] = " := ";

/* The value of "PREFIX_TARGET := VALUE" at the beginning of a line, or NULL. */
static const char *value_of(const char *line, const char *prefix, size_t *ret_target_length)
{
	size_t length = strlen(prefix);

	if (strncmp(line, prefix, length) != 0)
		return NULL;
	/* Not beyond the line: a stranger's file has millions of lines without it. */
	const char *equals = memmem(line, strcspn(line, "\n"), assignment, strlen(assignment));

	if (!equals || equals < line + length)
		return NULL;
	*ret_target_length = (size_t)(equals - line) - length;
	return equals + strlen(assignment);
}

/* Continued lines of one FILE each, up to the first that is not continued. */
static const char *take_dependencies(const char *line, struct strv *dependencies)
{
	bool continued = true;

	while (*line && continued) {
		size_t length = strcspn(line, "\n");
		cleanup(free_string) char *copy = xstrndup(line, length);
		char *end = copy + strlen(copy);

		continued = end > copy && end[-1] == '\\';
		if (continued)
			end[-1] = '\0';
		cleanup(free_string) char *file = text_trimmed(copy);

		if (*file && !text_starts_with(file, "$("))
			strv_add(dependencies, file);
		line += length;
		line += *line == '\n';
	}
	return line;
}

static const char *take_line(struct cmd_file *file, const char *line)
{
	static const char *const prefixes[] = {"cmd_", "savedcmd_"};
	const char *next = line + strcspn(line, "\n");
	const char *value;
	size_t target;

	next += *next == '\n';
	for (size_t i = 0; i < 2; i++)
		if (!file->target && (value = value_of(line, prefixes[i], &target))) {
			file->target = xstrndup(line + strlen(prefixes[i]), target);
			file->command = xstrndup(value, strcspn(value, "\n"));
		}
	if ((value = value_of(line, "source_", &target)))
		strv_add_owned(&file->dependencies, xstrndup(value, strcspn(value, "\n")));
	if (text_starts_with(line, "deps_") && memmem(line, (size_t)(next - line), " :=", 3)) {
		file->compiled = true;
		return take_dependencies(next, &file->dependencies);
	}
	return next;
}

/*
 * A truncated record must not pass for that of a linked file, which lists nothing. The compiler
 * always records what it reads, and the last line of fixdep lists those files as targets.
 */
static bool is_whole(const struct cmd_file *file, const char *text, size_t length)
{
	if (!file->target || strlen(text) != length || text[length - 1] != '\n')
		return false;
	if (!file->compiled)
		return !file->dependencies.count && !strstr(file->command, "-Wp,-M");
	return strstr(text, "\n$(deps_") != NULL;
}

int cmd_file_read(const char *path, struct cmd_file *ret_file, struct error *error)
{
	struct cmd_file file = {0};
	cleanup(free_string) char *text = NULL;
	size_t length;

	if (file_read_nofollow(path, SIZE_LIMIT, &text, &length, error) < 0)
		return error->code;
	for (const char *line = text; *line;)
		line = take_line(&file, line);
	if (!is_whole(&file, text, length)) {
		cmd_file_free(&file);
		return error_set(error, -EBADMSG, 0, "%s is damaged or cut short.", path);
	}
	*ret_file = file;
	return 0;
}

void cmd_file_free(struct cmd_file *file)
{
	free(file->target);
	free(file->command);
	strv_free(&file->dependencies);
	*file = (struct cmd_file){0};
}
