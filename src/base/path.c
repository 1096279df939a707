/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"

char *path_join(const char *first, ...)
{
	struct buffer joined = {0};
	va_list parts;

	va_start(parts, first);
	for (const char *part = first; part; part = va_arg(parts, const char *)) {
		if (!*part)
			continue;
		if (joined.length) {
			while (*part == '/')
				part++;
			if (joined.data[joined.length - 1] != '/')
				buffer_add_char(&joined, '/');
		}
		buffer_add_text(&joined, part);
	}
	va_end(parts);
	return buffer_take(&joined);
}

const char *path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

char *path_normalize(const char *path)
{
	cleanup(strv_free) struct strv parts = {0};
	cleanup(strv_free) struct strv kept = {0};
	const char *part;

	strv_split(&parts, path, "/");
	STRV_FOREACH (part, &parts) {
		if (text_equal(part, "."))
			continue;
		if (!text_equal(part, "..")) {
			strv_add(&kept, part);
			continue;
		}
		if (!kept.count)
			return NULL;
		free(kept.items[--kept.count]);
		kept.items[kept.count] = NULL;
	}
	cleanup(free_string) char *joined = strv_join(&kept, "/");

	if (path[0] == '/')
		return text_format("/%s", joined);
	return *joined ? TAKE(joined) : xstrdup(".");
}

bool path_is_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	while (length > 1 && directory[length - 1] == '/')
		length--;
	if (strncmp(path, directory, length) != 0)
		return false;
	return path[length] == '\0' || path[length] == '/' || directory[length - 1] == '/';
}

bool path_is_plain_name(const char *name)
{
	if (text_empty(name) || name[0] == '.' || name[0] == '-')
		return false;
	for (const char *c = name; *c; c++)
		if (*c == '/' || (unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return true;
}
