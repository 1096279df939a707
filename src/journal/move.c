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
#include "base/temporary.h"
#include "base/text.h"
#include "base/walk.h"

static const char half[] = ".dkms-half";

static bool is_half(const char *directory)
{
	cleanup(free_string) char *mark = temporary_path_named(directory, "half", "");

	return file_exists_nofollow(mark);
}

static bool is_directory(const char *path)
{
	struct stat info;

	return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int move_entry(const struct walk_step *step)
{
	if (step->depth == 1 && text_equal(step->name, half))
		return 0;
	return renameat(step->parent, step->name, step->to_parent, step->to_name) < 0 ? -errno : 0;
}

static int mark_as_half(int parent, const char *name)
{
	cleanup(close_fd) int directory = openat(parent, name,
						 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup(close_fd) int mark = directory < 0 ? -1
						   : openat(directory, half,
							    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
							    0600);

	return mark < 0 || fsync(mark) < 0 || fsync(directory) < 0 ? -errno : 0;
}

/* The directory that is there already has the owner and the mode: it is moved back to. */
static int make_directory(const struct walk_step *step)
{
	const struct stat *info = step->info;

	if (mkdirat(step->to_parent, step->to_name, info->st_mode & 0777) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (step->depth == 0) {
		int code = mark_as_half(step->to_parent, step->to_name);

		if (code < 0)
			return code;
	}
	if (fchownat(step->to_parent, step->to_name, info->st_uid, info->st_gid,
		     AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(step->to_parent, step->to_name, info->st_mode & 07777, 0) < 0)
		return -errno;
	return 0;
}

static int remove_mark(int directory)
{
	return unlinkat(directory, half, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* The emptied directory goes last, when the other one has all, on disk, too. */
static int leave_directory(const struct walk_step *step)
{
	const struct timespec times[2] = {step->info->st_atim, step->info->st_mtim};
	int code = 0;

	if (futimens(step->to_fd, times) < 0 || fsync(step->to_fd) < 0)
		return -errno;
	if (step->depth == 0)
		code = remove_mark(step->fd);
	if (!code && unlinkat(step->parent, step->name, AT_REMOVEDIR) < 0)
		code = -errno;
	if (!code && step->depth == 0)
		code = remove_mark(step->to_fd);
	if (!code && (futimens(step->to_fd, times) < 0 || fsync(step->to_fd) < 0))
		code = -errno;
	return code;
}

static int move_contents(const char *from, const char *to)
{
	const struct walk walk = {.file = move_entry,
				  .enter = make_directory,
				  .leave = leave_directory,
				  .second = true,
				  .empties = true};

	return walk_tree(&walk, AT_FDCWD, from, AT_FDCWD, to);
}

/* All of it had been moved here, and the mark was still to go. */
static int finish(const char *directory)
{
	cleanup(close_fd) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return -errno;
	const struct timespec times[2] = {info.st_atim, info.st_mtim};
	int code = remove_mark(fd);

	return !code && (futimens(fd, times) < 0 || fsync(fd) < 0) ? -errno : code;
}

/* A death came before anything was moved, and before the mark. */
static bool is_empty_beginning(const char *from, int code)
{
	return (code == -ENOTEMPTY || code == -EEXIST) && rmdir(from) == 0;
}

int move_path(const char *from, const char *to)
{
	int code = 0;

	if (is_half(from)) {
		if (file_exists_nofollow(to))
			return move_contents(from, to);
		code = finish(from);
	}
	if (!code && rename(from, to) < 0)
		code = -errno;
	if (code == -EXDEV && is_directory(from))
		return move_contents(from, to);
	return is_empty_beginning(from, code) ? 0 : code;
}
