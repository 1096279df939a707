/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

static size_t joined_size(const char *first, va_list parts)
{
	size_t size = 1;

	for (const char *part = first; part; part = va_arg(parts, const char *))
		size += strlen(part) + 1;
	return size;
}

/* Puts a part at the end, with one slash in front unless it is the first. */
static char *append(char *end, const char *part, bool is_first)
{
	if (!is_first) {
		part += strspn(part, "/");
		if (end[-1] != '/')
			*end++ = '/';
	}
	return mempcpy(end, part, strlen(part));
}

char *path_join(const char *first, ...)
{
	va_list parts;

	va_start(parts, first);
	char *joined = xreallocarray(NULL, joined_size(first, parts), 1);
	va_end(parts);
	char *end = joined;

	va_start(parts, first);
	for (const char *part = first; part; part = va_arg(parts, const char *))
		if (*part)
			end = append(end, part, end == joined);
	va_end(parts);
	*end = '\0';
	return joined;
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

void path_ascend(char **path)
{
	char *parent = path_parent(*path);

	free(*path);
	*path = parent;
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

void path_list_named(const char *command, struct strv *paths)
{
	cleanup(strv_free) struct strv words = {0};
	const char *word;

	strv_split(&words, command, " \t\n'\"=:;&|()<>,`");
	STRV_FOREACH (word, &words) {
		char *path = word[0] == '/' ? path_normalize(word) : NULL;

		if (path)
			strv_add_owned(paths, path);
	}
}

bool link_stays_inside(const char *name, const char *target)
{
	cleanup(strv_free) struct strv parts = {0};
	size_t depth = 0;
	bool climbing = true;
	const char *part;

	if (text_empty(target) || *target == '/')
		return false;
	for (const char *c = name; *c; c++)
		depth += *c == '/';
	strv_split(&parts, target, "/");
	STRV_FOREACH (part, &parts) {
		if (text_equal(part, "."))
			continue;
		if (!text_equal(part, "..")) {
			climbing = false;
			continue;
		}
		if (!climbing || !depth)
			return false;
		depth--;
	}
	return true;
}
