/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/modules_order.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "model/compression.h"

#define FILE_LIMIT ((size_t)16 << 20) /* bytes */

/* Owned by the caller; NULL if there is none. */
static char *read_order(const char *module_directory)
{
	cleanup(free_string) char *path = path_join(module_directory, "modules.order", NULL);
	cleanup(error_clear) struct error missing = {0};
	char *text = NULL;

	if (file_read(path, FILE_LIMIT, &text, NULL, &missing) < 0)
		text = NULL;
	return text;
}

bool modules_order_lists(const char *module_directory, const char *path)
{
	cleanup(free_string) char *text = read_order(module_directory);

	if (!text || !path_is_within(path, module_directory) || text_equal(path, module_directory))
		return false;
	const char *relative = path + strlen(module_directory) + 1;
	size_t length = strlen(relative) -
			strlen(compression_suffix(compression_of_name(relative)));

	for (const char *line = text; *line;) {
		size_t end = strcspn(line, "\n");

		if (end == length && strncmp(line, relative, length) == 0)
			return true;
		line += end + (line[end] == '\n');
	}
	return false;
}

/* Whatever its compression. */
static bool is_there(const char *module_directory, const char *line, size_t length)
{
	static const enum compression compressions[] = {COMPRESSION_NONE, COMPRESSION_XZ,
							COMPRESSION_ZSTD, COMPRESSION_GZIP};

	for (size_t i = 0; i < sizeof(compressions) / sizeof(*compressions); i++) {
		cleanup(free_string) char *path = text_format("%s/%.*s%s", module_directory,
							      (int)length, line,
							      compression_suffix(compressions[i]));

		if (file_exists_nofollow(path))
			return true;
	}
	return false;
}

/* What a kernel has besides what dkms and depmod put there. */
static bool is_bare(const char *module_directory)
{
	static const char *const own[] = {"kernel", "modules.builtin", "build", "source"};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		cleanup(free_string) char *path = path_join(module_directory, own[i], NULL);

		if (file_exists(path))
			return false;
	}
	return true;
}

bool modules_order_is_gone(const char *module_directory, size_t replaced)
{
	cleanup(free_string) char *text = read_order(module_directory);
	size_t listed = 0;

	if (text_empty(text))
		return is_bare(module_directory);
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		if (length && is_there(module_directory, line, length))
			return false;
		listed += length > 0;
		line += length + (line[length] == '\n');
	}
	return listed > replaced;
}
