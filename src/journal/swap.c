/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "journal/move.h"

/* The mark in a directory, owned by the caller; it has the number and ID of the backup. */
static char *mark_in(const struct operation *operation, const char *directory)
{
	const char *ending = temporary_ending(path_basename(operation->backup), "old");

	return temporary_path_named(directory, "mark", ending ? ending : "");
}

static bool is_new(const struct operation *operation, const char *path)
{
	if (operation->kind == OPERATION_FILE)
		return file_exists_nofollow(path) && !file_is_real_directory(path);
	cleanup(free_string) char *mark = mark_in(operation, path);

	return file_is_real_directory(path) && file_exists_nofollow(mark);
}

bool swap_is_due(const struct operation *operation)
{
	if (!operation->had_target || operation->kind == OPERATION_REMOVE)
		return false;
	/* The old content is in one of three places. */
	return operation->kind == OPERATION_DIRECTORY ||
	       file_is_real_directory(operation->target) ||
	       file_is_real_directory(operation->staged) ||
	       file_is_real_directory(operation->backup);
}

/* Marks do not change the directory's time. */
static int restore_time(const char *directory, const struct stat *before, struct error *error)
{
	const struct timespec times[2] = {before->st_atim, before->st_mtim};

	if (utimensat(AT_FDCWD, directory, times, 0) < 0)
		return error_errno(error, -errno, 0, "Cannot set the time of %s", directory);
	return 0;
}

int swap_mark(const struct operation *operation, struct error *error)
{
	struct stat info;

	if (operation->kind != OPERATION_DIRECTORY)
		return 0;
	cleanup(free_string) char *mark = mark_in(operation, operation->staged);

	if (stat(operation->staged, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot find %s", operation->staged);
	if (file_create(mark, "", 0, 0600, error) < 0 ||
	    restore_time(operation->staged, &info, error) < 0)
		return error->code;
	return file_sync_directory(operation->staged, error);
}

static int clear_mark(const struct operation *operation, const char *directory, struct error *error)
{
	cleanup(free_string) char *mark = mark_in(operation, directory);
	struct stat info;

	if (!file_exists_nofollow(mark))
		return 0;
	if (stat(directory, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot find %s", directory);
	if (file_unlink(mark, error) < 0 || restore_time(directory, &info, error) < 0)
		return error->code;
	return file_sync_directory(directory, error);
}

int swap_clear_marks(const struct operation *operation, struct error *error)
{
	if (operation->kind != OPERATION_DIRECTORY)
		return 0;
	if (clear_mark(operation, operation->target, error) < 0)
		return error->code;
	return clear_mark(operation, operation->staged, error);
}

static int exchange(const char *a, const char *b)
{
	return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0 ? -errno : 0;
}

static bool cannot_exchange(int code)
{
	return code == -EINVAL || code == -ENOSYS || code == -EXDEV;
}

static int move(const struct operation *operation, const char *from, const char *to,
		struct error *error)
{
	int code = move_path(operation, from, to);

	return code < 0 ? error_errno(error, code, 0, "Cannot move %s to %s", from, to) : 0;
}

int swap_apply(const struct operation *operation, struct error *error)
{
	int code = exchange(operation->staged, operation->target);

	if (!code)
		return move(operation, operation->staged, operation->backup, error);
	if (!cannot_exchange(code))
		return error_errno(error, code, 0, "Cannot put %s in its place", operation->target);
	if (move(operation, operation->target, operation->backup, error) < 0 ||
	    file_sync_parent(operation->target, error) < 0)
		return error->code;
	return move(operation, operation->staged, operation->target, error);
}

int swap_undo(const struct operation *operation, struct error *error)
{
	const char *staged = operation->staged, *target = operation->target,
		   *backup = operation->backup;

	if (!file_exists_nofollow(backup)) {
		int code = is_new(operation, target) ? exchange(staged, target) : 0;

		return code < 0 ? error_errno(error, code, 0, "Cannot put back the old %s", target)
				: 0;
	}
	if (is_new(operation, target)) {
		int code = exchange(backup, target);

		if (code && !cannot_exchange(code))
			return error_errno(error, code, 0, "Cannot put back the old %s", target);
		if (code && move(operation, target, staged, error) < 0)
			return error->code;
	}
	if (is_new(operation, backup))
		return move(operation, backup, staged, error);
	return move(operation, backup, target, error);
}
