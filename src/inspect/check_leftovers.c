/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nobody looks after any more: temporary files, dead links, lines for modprobe. */
#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/entries.h"
#include "base/file.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "install/modules_conf.h"
#include "inspect/check_parts.h"
#include "tree/layout.h"
#include "journal/leftovers.h"
#include "tree/lock.h"

#define CONF_PREFIX "dkms-"
#define CONF_SUFFIX ".conf"

/* True if M has an active link, for whichever kernel. */
static bool is_installed_anywhere(struct check *check, const char *name)
{
	cleanup(free_string) char *module = layout_module(check->settings, name);
	cleanup(strv_free) struct strv names = {0};
	const char *entry;

	directory_list_if_possible(module, &names);
	STRV_FOREACH (entry, &names) {
		cleanup(free_string) char *link = path_join(module, entry, NULL);

		if (text_starts_with(entry, "kernel-") && file_is_symlink(link) &&
		    file_exists(link))
			return true;
	}
	return false;
}

int check_modprobe(struct check *check, struct error *error)
{
	cleanup(free_string) char *directory = settings_path(check->settings, "/etc/modprobe.d");
	cleanup(strv_free) struct strv files = {0};
	const char *file;

	if (directory_list(directory, &files, error) < 0)
		return error->code;
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *path = path_join(directory, file, NULL);

		if (!text_starts_with(file, CONF_PREFIX) || !text_ends_with(file, CONF_SUFFIX) ||
		    strlen(file) <= strlen(CONF_PREFIX CONF_SUFFIX))
			continue;
		cleanup(free_string) char *name = text_format(
			"%.*s", (int)(strlen(file) - strlen(CONF_PREFIX CONF_SUFFIX)),
			file + strlen(CONF_PREFIX));

		if (modules_conf_is_ours(name, path) && !is_installed_anywhere(check, name))
			check_about(check_find(check, "modprobe", REPAIR_DISCARD, path,
					       "%s is installed on no kernel, and its lines for "
					       "modprobe are still here",
					       name),
				    &(struct module_id){name, NULL}, NULL);
	}
	return 0;
}

static void check_entry(struct check *check, const char *name, const char *path)
{
	if (leftovers_is_one(name))
		(void)check_find(check, "leftover", REPAIR_DISCARD, path,
				 "a dkms that was cut off left this temporary file");
	else if (temporary_is(name, "old"))
		(void)check_find(check, "leftover", REPAIR_BY_HAND, path,
				 "a dkms that was cut off kept here what it was about to replace; "
				 "move it back if the file is missing, else away");
	else if (file_is_symlink(path) && !file_exists(path) && strstr(path, "/weak-updates/"))
		(void)check_find(check, "weak-link", REPAIR_DISCARD, path,
				 "the module that it leads to is gone");
}

/* All names, dot-names too. */
static int list_all(const char *path, struct strv *names, struct error *error)
{
	struct entries entries;
	const struct dirent64 *entry;
	int code = entries_open(&entries, AT_FDCWD, path);

	if (code == -ENOENT || code == -ENOTDIR)
		return 0;
	if (!code) {
		while ((entry = entries_next(&entries)))
			strv_add(names, entry->d_name);
		code = entries_close(&entries);
	}
	if (code < 0)
		return error_errno(error, code, 0, "Cannot read the directory %s", path);
	strv_sort(names);
	return 0;
}

/* Visits everything below path, down to that depth. Follows no link. */
static int walk(struct check *check, const char *path, int depth, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (list_all(path, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *below = path_join(path, name, NULL);

		check_entry(check, name, below);
		if (depth && *name != '.' && !file_is_symlink(below) && file_is_directory(below) &&
		    walk(check, below, depth - 1, error) < 0)
			return error->code;
	}
	return 0;
}

int check_leftovers(struct check *check, struct error *error)
{
	cleanup(free_string) char *journals = layout_private(check->settings, "journal");

	/* Paths in a journal are in use, or the next run settles them. */
	if (tree_lock_is_anothers(check->settings) ||
	    (file_exists(journals) && !directory_is_empty(journals)))
		return 0;
	if (walk(check, check->settings->dkms_tree, 4, error) < 0)
		return error->code;
	return walk(check, check->settings->install_tree, 16, error);
}
