/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs_due.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "tree/layout.h"

#define FILE_LIMIT ((size_t)1 << 20)

/* NULL for what is no name of a kernel. */
static char *file_of(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *directory = layout_private(settings, "initramfs");

	return path_is_plain_name(release) ? path_join(directory, release, NULL) : NULL;
}

bool initramfs_due_exists(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *file = file_of(settings, release);

	return file && file_exists(file);
}

static int read_lines(const char *file, struct strv *lines, struct error *error)
{
	cleanup(free_string) char *text = NULL;
	cleanup(error_clear) struct error failure = {0};

	if (file_read(file, FILE_LIMIT, &text, NULL, &failure) == 0)
		strv_split(lines, text, "\n");
	else if (failure.code != -ENOENT)
		return error_move(error, &failure);
	return 0;
}

int initramfs_due_add(const struct settings *settings, const char *release,
		      const struct strv *lines, struct error *error)
{
	cleanup(free_string) char *file = file_of(settings, release);
	cleanup(strv_free) struct strv all = {0};
	const char *line;

	if (!file || !lines->count)
		return 0;
	cleanup(free_string) char *directory = path_parent(file);

	if (read_lines(file, &all, error) < 0 || file_make_directories(directory, error) < 0)
		return error->code;
	STRV_FOREACH (line, lines)
		if (!strv_contains(&all, line))
			strv_add(&all, line);
	cleanup(free_string) char *joined = strv_join(&all, "\n");
	cleanup(free_string) char *text = text_format("%s\n", joined);

	return file_write(file, text, strlen(text), 0644, error);
}

int initramfs_due_read(const struct settings *settings, const char *release, struct strv *names,
		       char **ret_setting, struct error *error)
{
	cleanup(free_string) char *file = file_of(settings, release);
	cleanup(strv_free) struct strv lines = {0};
	char *line;

	if (!file)
		return 0;
	if (read_lines(file, &lines, error) < 0)
		return error->code;
	STRV_FOREACH (line, &lines) {
		char *blank = strchr(line, ' ');

		if (blank) {
			*blank = '\0';
			text_assign(ret_setting, blank + 1);
		}
		if (!strv_contains(names, line))
			strv_add(names, line);
	}
	return 0;
}

int initramfs_due_clear(const struct settings *settings, const char *release, struct error *error)
{
	cleanup(free_string) char *file = file_of(settings, release);

	return file && file_exists(file) ? file_unlink(file, error) : 0;
}
