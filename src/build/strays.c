/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules that a build command has installed itself, as it can without a cage. The install that
 * follows takes them for this build's own, not for originals (install/ownership.h).
 */
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "tree/package_record.h"

void strays_begin(struct builder *builder)
{
	/* The clock that file systems use. */
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &builder->begun);
}

static bool is_newer(const char *path, const struct timespec *begun)
{
	struct stat info;

	if (lstat(path, &info) < 0 || !S_ISREG(info.st_mode))
		return false;
	return info.st_ctim.tv_sec != begun->tv_sec ? info.st_ctim.tv_sec > begun->tv_sec
						    : info.st_ctim.tv_nsec >= begun->tv_nsec;
}

static int add_strays(const struct builder *builder, const char *name, struct buffer *lines,
		      struct error *error)
{
	const struct kernel *kernel = builder->request->kernel;
	cleanup(strv_free) struct strv paths = {0};
	const char *path;

	if (kernel_find_modules(kernel, name, &paths, error) < 0)
		return error->code;
	STRV_FOREACH (path, &paths)
		if (is_newer(path, &builder->begun) &&
		    path_is_within(path, kernel->module_directory))
			buffer_add_format(lines, "%s\n",
					  path + strlen(kernel->module_directory) + 1);
	return 0;
}

int strays_record(const struct builder *builder, const char *product, struct error *error)
{
	const struct package *package = builder->request->package;
	cleanup(buffer_free) struct buffer lines = {0};
	cleanup(free_string) char *path = path_join(product, BUILT_STRAYS_NAME, NULL);

	if (!builder->cage || builder->cage->kind == CAGE_FULL)
		return 0;
	for (size_t i = 0; i < package->module_count; i++)
		if (!package->modules[i].excluded &&
		    add_strays(builder, package->modules[i].built_name, &lines, error) < 0)
			return error->code;
	return lines.length ? file_write_unsynced(path, lines.data, lines.length, 0644, error) : 0;
}
