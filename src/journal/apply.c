/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal/apply.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "journal/move.h"
#include "journal/swap.h"

static void add_parent_once(struct strv *directories, const char *path)
{
	cleanup(free_string) char *parent = path_parent(path);

	if (!strv_contains(directories, parent))
		strv_add(directories, parent);
}

/* Syncs a directory, unless a rollback has taken it away empty. */
static int sync_if_there(const char *directory, struct error *error)
{
	struct error failure = {0};

	if (file_sync_directory(directory, &failure) == -ENOENT) {
		error_clear(&failure);
		return 0;
	}
	return error_move(error, &failure);
}

/* Syncs every directory in which apply and undo rename. */
static int sync_directories(const struct journal *journal, struct error *error)
{
	cleanup(strv_free) struct strv directories = {0};
	const char *directory;

	for (size_t i = 0; i < journal->operation_count; i++) {
		const struct operation *operation = &journal->operations[i];

		add_parent_once(&directories, operation->target);
		if (operation->kind != OPERATION_REMOVE)
			add_parent_once(&directories, operation->staged);
	}
	STRV_FOREACH (directory, &directories)
		if (sync_if_there(directory, error) < 0)
			return error->code;
	return 0;
}

/* Syncs the names of backups; their content is on disk. */
static int sync_backups(const struct journal *journal, struct error *error)
{
	cleanup(strv_free) struct strv directories = {0};
	const char *directory;

	for (size_t i = 0; i < journal->operation_count; i++)
		if (journal->operations[i].had_target)
			add_parent_once(&directories, journal->operations[i].backup);
	STRV_FOREACH (directory, &directories)
		if (sync_if_there(directory, error) < 0)
			return error->code;
	return 0;
}

/*
 * Keeps the old target under the name of the backup. A file that will be replaced gets a second
 * name, so that the target is never missing. It is moved where the file system has no hard links.
 * A target that will be swapped gets its backup in the swap.
 */
static int back_up(const struct operation *operation, struct error *error)
{
	if (!operation->had_target)
		return 0;
	if (swap_is_due(operation))
		return swap_mark(operation, error);
	if (operation->kind == OPERATION_FILE && link(operation->target, operation->backup) == 0)
		return 0;
	int code = move_path(operation, operation->target, operation->backup);

	return code < 0 ? error_errno(error, code, 0, "Cannot keep the old %s", operation->target)
			: 0;
}

/* rename(2) that spares a target which appeared after the journal was written. */
static int rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS) /* not every file system knows the flag */
		return -errno;
	return rename(from, to) < 0 ? -errno : 0;
}

static int put_in_place(const struct operation *operation, struct error *error)
{
	cleanup(free_string) char *parent = path_parent(operation->target);
	int code;

	if (operation->kind == OPERATION_REMOVE)
		return 0; /* the backup is all */
	if (swap_is_due(operation))
		return swap_apply(operation, error);
	if (file_make_directories(parent, error) < 0)
		return error->code;
	if (!operation->had_target)
		code = rename_new(operation->staged, operation->target);
	else
		code = rename(operation->staged, operation->target) < 0 ? -errno : 0;
	return code < 0 ? error_errno(error, code, 0, "Cannot put %s in its place",
				      operation->target)
			: 0;
}

int journal_apply(const struct journal *journal, struct error *error)
{
	for (size_t i = 0; i < journal->operation_count; i++)
		if (back_up(&journal->operations[i], error) < 0)
			return error->code;
	/* No backup may be lost by a crash that the new content survives. */
	if (sync_backups(journal, error) < 0)
		return error->code;
	for (size_t i = 0; i < journal->operation_count; i++)
		if (put_in_place(&journal->operations[i], error) < 0)
			return error->code;
	return sync_directories(journal, error);
}

static int take_back(const struct operation *operation, const char *from, const char *to,
		     struct error *error)
{
	int code = move_path(operation, from, to);

	return code < 0 ? error_errno(error, code, 0, "Cannot move %s back to %s", from, to) : 0;
}

/*
 * With an old target, the backup tells whether there is anything to undo: it is made first and
 * taken back last. Without an old target, the staged file tells: it is missing while it is the
 * target.
 */
static int undo(const struct operation *operation, struct error *error)
{
	bool has_backup = file_exists_nofollow(operation->backup);

	if (swap_is_due(operation))
		return swap_undo(operation, error);
	if (operation->had_target && !has_backup)
		return 0;
	/* An old file replaces the new one in one step below; else the new one steps aside. */
	if (operation->kind != OPERATION_REMOVE && file_exists_nofollow(operation->target) &&
	    !file_exists_nofollow(operation->staged) && !has_backup &&
	    take_back(operation, operation->target, operation->staged, error) < 0)
		return error->code;
	/*
	 * Before the replacement, both are names of one file. Then rename(2) does nothing, and
	 * clearing away removes the backup.
	 */
	return has_backup ? take_back(operation, operation->backup, operation->target, error) : 0;
}

/* A directory that apply made stays if others have put something into it. */
static int remove_parents(const struct journal *journal, struct error *error)
{
	for (size_t i = journal->parents.count; i-- > 0;) {
		const char *parent = journal->parents.items[i];

		if (rmdir(parent) == 0) {
			cleanup(free_string) char *above = path_parent(parent);

			if (sync_if_there(above, error) < 0)
				return error->code;
		} else if (errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST) {
			return error_errno(error, -errno, 0, "Cannot remove the directory %s",
					   parent);
		}
	}
	return 0;
}

static int undo_all(const struct journal *journal, struct error *error)
{
	for (size_t i = journal->operation_count; i-- > 0;)
		if (undo(&journal->operations[i], error) < 0)
			return error->code;
	if (sync_directories(journal, error) < 0)
		return error->code;
	return remove_parents(journal, error);
}

/* Removes .dkms-new<N>-ID from one directory, which is added to changed if there was any. */
static int clear_stage(const char *path, const char *id, struct strv *changed, struct error *error)
{
	cleanup(closedir_handler) DIR *directory = opendir(path);
	cleanup(free_string) char *ending = text_format("-%s", id);
	const struct dirent *entry;

	if (!directory)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : error_errno(error, -errno, 0, "Cannot read the directory %s",
					     path);
	for (errno = 0; (entry = readdir(directory)); errno = 0) {
		cleanup(free_string) char *file = path_join(path, entry->d_name, NULL);

		if (!temporary_is(entry->d_name, "new") || !text_ends_with(entry->d_name, ending))
			continue;
		if (file_unlink(file, error) < 0)
			return error->code;
		add_parent_once(changed, file);
	}
	return errno ? error_errno(error, -errno, 0, "Cannot read the directory %s", path) : 0;
}

static int clear_operation(const struct operation *operation, struct strv *changed,
			   struct error *error)
{
	cleanup(free_string) char *half = move_mark(operation);

	if (swap_clear_marks(operation, error) < 0)
		return error->code;
	if (file_exists_nofollow(half)) {
		add_parent_once(changed, half);
		if (file_unlink(half, error) < 0)
			return error->code;
	}
	if (!file_exists_nofollow(operation->backup))
		return 0;
	add_parent_once(changed, operation->backup);
	return directory_remove(operation->backup, error);
}

/* Removes a directory unless it holds something or is gone. */
static int prune(const char *directory, struct strv *changed, struct error *error)
{
	if (rmdir(directory) == 0) {
		add_parent_once(changed, directory);
		return 0;
	}
	if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOENT || errno == ENOTDIR ||
	    errno == EBUSY)
		return 0;
	return error_errno(error, -errno, 0, "Cannot remove the directory %s", directory);
}

static int clear_places(const struct journal *journal, struct strv *changed, struct error *error)
{
	const char *directory;

	STRV_FOREACH (directory, &journal->stages)
		if (clear_stage(directory, journal->id, changed, error) < 0)
			return error->code;
	for (size_t i = 0; i < journal->operation_count; i++)
		if (clear_operation(&journal->operations[i], changed, error) < 0)
			return error->code;
	if (journal->state == JOURNAL_COMMITTED)
		STRV_FOREACH (directory, &journal->prunes)
			if (prune(directory, changed, error) < 0)
				return error->code;
	return 0;
}

/* Removes what settled operations left beside their targets, and then the journal. */
static int clear_away(struct journal *journal, struct error *error)
{
	cleanup(strv_free) struct strv changed = {0};
	const char *directory;

	if (clear_places(journal, &changed, error) < 0)
		return error->code;
	/* After the journal goes, nobody would remove a leftover that comes back. */
	STRV_FOREACH (directory, &changed)
		if (sync_if_there(directory, error) < 0)
			return error->code;
	return journal_delete(journal, error);
}

/* Leftovers do no harm: the journal stays, and the next recovery tries again. */
static void try_to_clear_away(struct journal *journal)
{
	cleanup(error_clear) struct error leftover = {0};

	(void)clear_away(journal, &leftover);
}

int journal_commit(struct journal *journal, struct error *error)
{
	if (journal->state != JOURNAL_COMMITTED &&
	    journal_set_state(journal, JOURNAL_COMMITTED, error) < 0)
		return error->code;
	try_to_clear_away(journal);
	return 0;
}

int journal_rollback(struct journal *journal, struct error *error)
{
	if (journal->state == JOURNAL_APPLYING || journal->state == JOURNAL_APPLIED) {
		if (undo_all(journal, error) < 0 ||
		    journal_set_state(journal, JOURNAL_UNDONE, error) < 0)
			return error->code;
	}
	try_to_clear_away(journal);
	if (journal->state == JOURNAL_STAGING)
		journal->state = JOURNAL_UNDONE;
	return 0;
}
