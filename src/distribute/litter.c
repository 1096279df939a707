/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/litter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/entries.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

static bool is_of_version_control(const char *name)
{
	static const char *const names[] = {
		".git",      ".gitignore", ".gitattributes", ".gitmodules", ".hg",
		".hgignore", ".hgtags",    ".svn",           "CVS",         ".cvsignore",
		".bzr",      ".bzrignore", "_darcs",         ".jj",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_equal(name, names[i]))
			return true;
	return text_ends_with(name, "~") || (name[0] == '.' && text_ends_with(name, ".swp"));
}

static bool has(const struct strv *names, const char *before, const char *stem, const char *after)
{
	cleanup(free_string) char *name = text_format("%s%s%s", before, stem, after);

	return strv_contains(names, name);
}

static char *without_suffix(const char *name, const char *suffix)
{
	return text_ends_with(name, suffix) ? xstrndup(name, strlen(name) - strlen(suffix)) : NULL;
}

/* NAME.o of a NAME.c, or of the module NAME, with the command that kbuild remembers of it. */
static bool is_built_object(const struct strv *names, const char *name)
{
	cleanup(free_string) char *object = without_suffix(name, ".o");
	cleanup(free_string) char *module = without_suffix(name, ".ko");
	cleanup(free_string) char *list = without_suffix(name, ".mod");

	if (text_ends_with(name, ".mod.c") || text_equal(name, "modules.order") ||
	    text_equal(name, "Module.symvers") || text_equal(name, ".tmp_versions"))
		return true;
	if (!has(names, ".", name, ".cmd"))
		return false;
	if (object)
		return has(names, "", object, ".c") || has(names, "", object, ".S") ||
		       has(names, "", object, ".mod") || has(names, "", object, ".mod.c");
	return module || list;
}

/* In a directory where kbuild ran. */
static bool is_of_kbuild(const struct strv *names, const char *name)
{
	if (is_built_object(names, name))
		return true;
	if (name[0] != '.' || !text_ends_with(name, ".cmd"))
		return false;
	cleanup(free_string) char *target = xstrndup(name + 1,
						     strlen(name) - strlen(".") - strlen(".cmd"));

	return !strv_contains(names, target) || is_built_object(names, target);
}

static int list(const char *directory, struct strv *names, struct strv *directories,
		struct error *error)
{
	const struct dirent64 *entry;
	struct entries entries;
	int code = entries_open(&entries, AT_FDCWD, directory);

	if (code < 0)
		return error_errno(error, code, EXIT_NO_PRODUCT, "Cannot read %s", directory);
	while ((entry = entries_next(&entries))) {
		struct stat info;

		strv_add(names, entry->d_name);
		if (fstatat(entries.fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(info.st_mode))
			strv_add(directories, entry->d_name);
	}
	code = entries_close(&entries);
	return code < 0 ? error_errno(error, code, EXIT_NO_PRODUCT, "Cannot read %s", directory)
			: 0;
}

/* Any ".….cmd": kbuild ran here. */
static bool saw_kbuild(const struct strv *names)
{
	const char *name;

	STRV_FOREACH (name, names)
		if (name[0] == '.' && text_ends_with(name, ".cmd"))
			return true;
	return false;
}

int litter_remove(const char *directory, struct error *error)
{
	cleanup(strv_free) struct strv names = {0}, directories = {0};
	const char *name;

	if (list(directory, &names, &directories, error) < 0)
		return error->code;
	bool built = saw_kbuild(&names);

	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);
		int code = 0;

		if (is_of_version_control(name) || (built && is_of_kbuild(&names, name)))
			code = directory_remove(path, error);
		else if (strv_contains(&directories, name))
			code = litter_remove(path, error);
		if (code < 0)
			return code;
	}
	return 0;
}
