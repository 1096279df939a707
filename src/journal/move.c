/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal/move.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/walk.h"

enum { PRIVATE = 0700 };

char *move_mark(const struct operation *operation)
{
	cleanup(free_string) char *parent = path_parent(operation->backup);
	const char *ending = temporary_ending(path_basename(operation->backup), "old");

	return temporary_path_named(parent, "half", ending ? ending : "");
}

static int move_entry(const struct walk_step *step)
{
	return renameat(step->parent, step->name, step->to_parent, step->to_name) < 0 ? -errno : 0;
}

/* Root's alone until it has all. The one that is there already is the old one: back to it. */
static int make_directory(const struct walk_step *step)
{
	return mkdirat(step->to_parent, step->to_name, PRIVATE) < 0 && errno != EEXIST ? -errno : 0;
}

/* A directory that make_directory() has made takes owner and mode; an old one has them. */
static int take_rights(int fd, const struct stat *info)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return -errno;
	if (now.st_uid != geteuid() || (now.st_mode & 0777) != PRIVATE)
		return 0;
	if (fchown(fd, info->st_uid, info->st_gid) < 0 || fchmod(fd, info->st_mode & 07777) < 0)
		return -errno;
	return 0;
}

/* The emptied directory goes when the other one has all, on disk, too. */
static int leave_directory(const struct walk_step *step)
{
	const struct timespec times[2] = {step->info->st_atim, step->info->st_mtim};
	int code = take_rights(step->to_fd, step->info);

	if (code < 0)
		return code;
	if (futimens(step->to_fd, times) < 0 || fsync(step->to_fd) < 0 ||
	    unlinkat(step->parent, step->name, AT_REMOVEDIR) < 0)
		return -errno;
	return 0;
}

static int move_contents(const char *mark, const char *from, const char *to)
{
	const struct walk walk = {.file = move_entry,
				  .enter = make_directory,
				  .leave = leave_directory,
				  .second = true,
				  .empties = true};
	cleanup(error_clear) struct error error = {0};
	int code = file_exists_nofollow(mark) ? 0 : file_create(mark, "", 0, 0600, &error);

	if (!code)
		code = file_sync_parent(mark, &error);
	if (!code)
		code = walk_tree(&walk, AT_FDCWD, from, AT_FDCWD, to);
	if (!code)
		code = file_sync_parent(mark, &error);
	return code ? code : file_unlink(mark, &error);
}

int move_path(const struct operation *operation, const char *from, const char *to)
{
	cleanup(free_string) char *mark = move_mark(operation);

	if (file_exists_nofollow(mark))
		return move_contents(mark, from, to);
	if (rename(from, to) == 0)
		return 0;
	if (errno != EXDEV || !file_is_real_directory(from))
		return -errno;
	return file_exists_nofollow(to) ? -EEXIST : move_contents(mark, from, to);
}
