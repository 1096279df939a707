/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "kernel/kernel.h"
#include "kernel/module_files.h"

/* modules.dep of a distribution's kernel has about 1 MiB. */
static const size_t modules_dep_limit = 64UL << 20;

static char *next_line(char *line)
{
	char *end = strchr(line, '\n');

	return end ? end + 1 : NULL;
}

/* By the first of the kernel's own modules: what others put into updates or extra says nothing. */
static bool compression_from_modules_dep(const struct kernel *kernel,
					 enum compression *ret_compression)
{
	cleanup(free_string) char *path = path_join(kernel->module_directory, "modules.dep", NULL);

	cleanup(free_string) char *text = file_read_if_possible(path, modules_dep_limit);

	if (!text)
		return false;
	for (char *line = text; line; line = next_line(line)) {
		if (!text_starts_with(line, "kernel/"))
			continue;
		line[strcspn(line, ":\n")] = '\0';
		*ret_compression = compression_of_name(line);
		return true;
	}
	return false;
}

enum compression kernel_compression(const struct kernel *kernel)
{
	enum compression found;

	if (compression_from_modules_dep(kernel, &found))
		return found;
	if (kernel_config_is_yes(kernel, "MODULE_COMPRESS_GZIP"))
		return COMPRESSION_GZIP;
	if (kernel_config_is_yes(kernel, "MODULE_COMPRESS_XZ"))
		return COMPRESSION_XZ;
	if (kernel_config_is_yes(kernel, "MODULE_COMPRESS_ZSTD"))
		return COMPRESSION_ZSTD;
	return COMPRESSION_NONE;
}

int kernel_find_modules(const struct kernel *kernel, const char *name, struct strv *paths,
			struct error *error)
{
	cleanup(module_files_free) struct module_files files = {0};

	return module_files_find(&files, kernel, name, paths, error);
}
