/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a package of the system brought a file: dpkg's lists, which are plain text. */
#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "distro/distro.h"
#include "distro/family.h"

#define LIST_LIMIT ((size_t)64 << 20) /* bytes */

/* "/lib/…" and "/usr/lib/…" are one on a merged system. */
static const char *without_usr(const char *path)
{
	return text_starts_with(path, "/usr/lib/") ? path + strlen("/usr") : path;
}

static bool list_has(const char *text, const char *path)
{
	size_t wanted = strlen(path);

	for (const char *found = text; (found = strstr(found, path)); found += wanted) {
		const char *start = found;

		while (start > text && start[-1] != '\n')
			start--;
		if ((found[wanted] == '\n' || !found[wanted]) &&
		    (start == found || strncmp(start, "/usr", strlen("/usr")) == 0) &&
		    (size_t)(found - start) <= strlen("/usr"))
			return true;
	}
	return false;
}

static bool dpkg_owns(const struct settings *settings, const char *path)
{
	cleanup(free_string) char *lists = settings_path(settings, "/var/lib/dpkg/info");
	cleanup(strv_free) struct strv names = {0};
	cleanup(error_clear) struct error unreadable = {0};
	const char *name;
	bool owns = false;

	(void)directory_list(lists, &names, &unreadable);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *file = path_join(lists, name, NULL);
		cleanup(free_string) char *text = NULL;

		if (owns || !text_ends_with(name, ".list") ||
		    file_read(file, LIST_LIMIT, &text, NULL, &unreadable) < 0)
			continue;
		owns = list_has(text, path);
	}
	return owns;
}

bool distro_owns_file(const struct settings *settings, const struct distro *distro,
		      const char *path)
{
	if (distro->family->rpm)
		return distro_owns_directory(distro, path);
	if (!text_starts_with(path, settings->root))
		return false;
	return dpkg_owns(settings, without_usr(path + strlen(settings->root)));
}
