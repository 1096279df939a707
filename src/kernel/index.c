/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/index.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"

static const char index_kind[] = "index";

/*
 * What depmod calls what it is writing: modules.NAME.PID.MICROSECONDS.SECONDS (kmod 26 to 33). It
 * removes them when it fails, but not when it is killed.
 */
static bool is_of_a_dead_depmod(const char *name)
{
	cleanup(strv_free) struct strv words = {0};

	if (!text_starts_with(name, "modules."))
		return false;
	strv_split(&words, name, ".");
	if (words.count < 5)
		return false;
	char *const *numbers = words.items + words.count - 3;

	for (size_t i = 0; i < 3; i++)
		if (strspn(numbers[i], "0123456789") != strlen(numbers[i]))
			return false;
	pid_t pid = (pid_t)strtol(numbers[0], NULL, 10);

	return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

int index_sweep(const char *module_directory, struct error *error)
{
	cleanup(closedir_handler) DIR *directory = opendir(module_directory);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		cleanup(free_string) char *path = path_join(module_directory, entry->d_name, NULL);

		if ((temporary_is(entry->d_name, index_kind) ||
		     is_of_a_dead_depmod(entry->d_name)) &&
		    directory_remove(path, error) < 0)
			return error->code;
	}
	return 0;
}

/* The names of modules.* files in the module directory. */
static int list_index(const char *module_directory, struct strv *names, struct error *error)
{
	cleanup(strv_free) struct strv all = {0};
	const char *name;

	if (directory_list(module_directory, &all, error) < 0)
		return error->code;
	STRV_FOREACH (name, &all) {
		cleanup(free_string) char *path = path_join(module_directory, name, NULL);

		if (text_starts_with(name, "modules.") && file_is_regular(path))
			strv_add(names, name);
	}
	return 0;
}

static int release(struct kept_index *kept, struct error *error)
{
	int code = directory_remove(kept->directory, error);

	free(kept->module_directory);
	free(kept->directory);
	strv_free(&kept->names);
	*kept = (struct kept_index){0};
	return code;
}

static int link_all(const struct kept_index *kept, struct error *error)
{
	const char *name;

	STRV_FOREACH (name, &kept->names) {
		cleanup(free_string) char *from = path_join(kept->module_directory, name, NULL);
		cleanup(free_string) char *to = path_join(kept->directory, name, NULL);

		if (link(from, to) == 0)
			continue;
		bool no_links = errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK;

		if (!no_links)
			return error_errno(error, -errno, 0, "Cannot keep %s", from);
		if (file_copy(from, to, error) < 0)
			return error->code;
	}
	return 0;
}

int index_keep(const char *module_directory, struct kept_index *ret_kept, struct error *error)
{
	struct kept_index kept = {.module_directory = xstrdup(module_directory)};
	cleanup(error_clear) struct error ignored = {0};

	if (index_sweep(module_directory, error) < 0 ||
	    list_index(module_directory, &kept.names, error) < 0 ||
	    directory_make_temporary(module_directory, index_kind, &kept.directory, error) < 0) {
		strv_free(&kept.names);
		free(kept.module_directory);
		return error->code;
	}
	if (link_all(&kept, error) < 0) {
		(void)release(&kept, &ignored);
		return error->code;
	}
	*ret_kept = kept;
	return 0;
}

int index_sync(const struct kept_index *kept, struct error *error)
{
	cleanup(strv_free) struct strv now = {0};
	const char *name;

	if (list_index(kept->module_directory, &now, error) < 0)
		return error->code;
	STRV_FOREACH (name, &now) {
		cleanup(free_string) char *path = path_join(kept->module_directory, name, NULL);

		if (directory_sync(path, error) < 0)
			return error->code;
	}
	return file_sync_directory(kept->module_directory, error);
}

int index_restore(struct kept_index *kept, struct error *error)
{
	cleanup(strv_free) struct strv now = {0};
	const char *name;

	(void)list_index(kept->module_directory, &now, error);
	STRV_FOREACH (name, &now) {
		cleanup(free_string) char *path = path_join(kept->module_directory, name, NULL);

		if (!strv_contains(&kept->names, name))
			(void)file_unlink(path, error);
	}
	STRV_FOREACH (name, &kept->names) {
		cleanup(free_string) char *from = path_join(kept->directory, name, NULL);
		cleanup(free_string) char *to = path_join(kept->module_directory, name, NULL);

		(void)file_rename(from, to, error);
	}
	(void)file_sync_directory(kept->module_directory, error);
	return release(kept, error);
}

int index_forget(struct kept_index *kept, struct error *error)
{
	return release(kept, error);
}
