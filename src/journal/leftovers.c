/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal/leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/walk.h"
#include "base/file.h"
#include "base/path.h"
#include "base/staging.h"
#include "base/temporary.h"
#include "base/text.h"
#include "journal/transaction.h"
#include "tree/layout.h"

/* NULL if a kernel cannot have that name: then there is no mark of it. */
static char *mark_of(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *directory = layout_private(settings, "depmod");

	return path_is_plain_name(release) ? path_join(directory, release, NULL) : NULL;
}

static int write_mark(const char *path, const char *release, const char *text, struct error *error)
{
	cleanup(free_string) char *directory = path ? path_parent(path) : NULL;

	if (!path)
		return error_set(error, -EINVAL, EXIT_EMPTY_KERNEL,
				 "\"%s\" cannot be the name of a kernel", release);
	if (file_make_directories(directory, error) < 0)
		return error->code;
	return file_write(path, text, strlen(text), 0644, error);
}

int pending_depmod_set(const struct settings *settings, const char *release, struct error *error)
{
	cleanup(free_string) char *path = mark_of(settings, release);

	return path && file_exists(path) ? 0 : write_mark(path, release, "", error);
}

bool pending_depmod_is_set(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *path = mark_of(settings, release);

	return path && file_exists(path);
}

int pending_depmod_clear(const struct settings *settings, const char *release, struct error *error)
{
	cleanup(free_string) char *path = mark_of(settings, release);

	return path ? file_unlink(path, error) : 0;
}

int pending_depmod_list(const struct settings *settings, struct strv *releases, struct error *error)
{
	cleanup(free_string) char *directory = layout_private(settings, "depmod");

	return directory_list(directory, releases, error);
}

int pending_depmod_keep(const struct settings *settings, const char *release, struct error *error)
{
	cleanup(free_string) char *path = mark_of(settings, release);

	return write_mark(path, release, "kept\n", error);
}

int pending_depmod_withdraw(const struct settings *settings, const char *release,
			    struct error *error)
{
	cleanup(free_string) char *path = mark_of(settings, release);
	struct stat info;

	if (path && lstat(path, &info) == 0 && info.st_size)
		return 0;
	return pending_depmod_clear(settings, release, error);
}

bool leftovers_is_one(const char *name)
{
	return temporary_is_random(name) && !temporary_is(name, "old") &&
	       !temporary_is(name, "build");
}

/* Adds the directories in path, but no links: these lead to places where others write. */
static int sweep(const char *path, struct strv *directories, struct error *error)
{
	struct entries entries;
	const struct dirent64 *entry;
	int code = entries_open(&entries, AT_FDCWD, path);

	if (code < 0)
		return 0; /* not there, or no directory */
	while (!error->code && (entry = entries_next(&entries))) {
		cleanup(free_string) char *file = path_join(path, entry->d_name, NULL);

		if (leftovers_is_one(entry->d_name) && !staging_is_in_use(file))
			(void)directory_remove(file, error);
		else if (directories && entry->d_name[0] != '.' &&
			 (entry->d_type == DT_DIR ||
			  (entry->d_type == DT_UNKNOWN && !file_is_symlink(file))))
			strv_add_owned(directories, TAKE(file));
	}
	(void)entries_close(&entries);
	return error->code;
}

/* Sweeps <tree>/M or <tree>/M/V down to that depth, and removes empty directories. */
static int sweep_below(const char *path, int depth, struct error *error)
{
	cleanup(strv_free) struct strv directories = {0};
	const char *below;

	if (sweep(path, depth ? &directories : NULL, error) < 0)
		return error->code;
	STRV_FOREACH (below, &directories)
		if (sweep_below(below, depth - 1, error) < 0)
			return error->code;
	/* A directory that holds something stays. */
	(void)rmdir(path);
	return 0;
}

int leftovers_remove(const struct settings *settings, struct error *error)
{
	cleanup(free_string) char *pending = layout_private(settings, "depmod");
	cleanup(strv_free) struct strv modules = {0};
	const char *module;

	if (sweep(settings->dkms_tree, &modules, error) < 0 || sweep(pending, NULL, error) < 0 ||
	    sweep(settings->source_tree, NULL, error) < 0)
		return error->code;
	STRV_FOREACH (module, &modules)
		if (sweep_below(module, 1, error) < 0)
			return error->code;
	return 0;
}

int leftovers_discard(const struct settings *settings, const char *path, struct error *error)
{
	cleanup(free_string) char *description = text_format("remove %s", path);
	cleanup(transaction_free_handler) struct transaction *transaction = transaction_begin(
		settings, description, NULL);
	cleanup(free_string) char *above = path_parent(path);
	/* Elsewhere directories are not dkms's to remove. */
	const char *stop = path_is_within(path, settings->dkms_tree) ? settings->dkms_tree : above;

	if (transaction_remove(transaction, path, error) < 0 ||
	    transaction_prune(transaction, above, stop, error) < 0 ||
	    transaction_apply(transaction, error) < 0)
		return error->code;
	return transaction_commit(transaction, error);
}
