/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/module_files.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "model/compression.h"

static void paths_free(void *value)
{
	strv_free(value);
	free(value);
}

static void directory_free(void *value)
{
	strmap_free(value, paths_free);
	free(value);
}

static void add_path(struct strmap *directory, const char *path)
{
	cleanup(free_string) char *name = module_name_of_file(path_basename(path));
	struct strv *paths = strmap_get(directory, name);

	if (!paths) {
		paths = NEW(struct strv);
		(void)strmap_set(directory, name, paths);
	}
	strv_add(paths, path);
}

static int walk(const struct kernel *kernel, struct strmap **ret_directory, struct error *error)
{
	cleanup(strv_free) struct strv all = {0};
	const char *path;

	if (kernel_find_modules(kernel, NULL, &all, error) < 0)
		return error->code;
	struct strmap *directory = NEW(struct strmap);

	strmap_reserve(directory, all.count);
	STRV_FOREACH (path, &all)
		add_path(directory, path);
	*ret_directory = directory;
	return 0;
}

int module_files_find(struct module_files *files, const struct kernel *kernel, const char *name,
		      struct strv *paths, struct error *error)
{
	struct strmap *directory = strmap_get(&files->directories, kernel->module_directory);

	if (!directory) {
		if (walk(kernel, &directory, error) < 0)
			return error->code;
		(void)strmap_set(&files->directories, kernel->module_directory, directory);
	}
	const struct strv *found = strmap_get(directory, name);

	if (found)
		strv_add_all(paths, found);
	return 0;
}

void module_files_free(struct module_files *files)
{
	strmap_free(&files->directories, directory_free);
}
