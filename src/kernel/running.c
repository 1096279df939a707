/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/running.h"

#include <stdlib.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/version.h"

char *kernel_running_release(void)
{
	struct utsname names;

	(void)uname(&names);
	return xstrdup(names.release);
}

char *kernel_running_arch(void)
{
	struct utsname names;

	(void)uname(&names);
	return xstrdup(names.machine);
}

static int compare_releases(const void *a, const void *b)
{
	return version_compare(*(char *const *)a, *(char *const *)b);
}

int kernel_list_installed(const struct settings *settings, struct strv *releases,
			  struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	size_t first = releases->count;
	const char *name;

	if (directory_list(settings->install_tree, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(settings->install_tree, name, NULL);

		if (path_is_plain_name(name) && file_is_directory(path))
			strv_add(releases, name);
	}
	if (releases->count > first)
		qsort(releases->items + first, releases->count - first, sizeof(*releases->items),
		      compare_releases);
	return 0;
}
