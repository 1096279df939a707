/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/entries.h"
#include "base/walk.h"

enum {
	COMPARED_MODE = 01777,  /* of a mode, what a copy keeps (base/directory.c) */
	DIFFERENT = -ECANCELED, /* what a visitor ends the walk with */
	CHUNK = 16384,
};

static bool is_compared(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode);
}

/* Reads until the chunk is full or the file ends. */
static ssize_t read_chunk(int fd, char *chunk)
{
	size_t filled = 0;
	ssize_t got = 1;

	while (filled < CHUNK && got > 0) {
		got = read(fd, chunk + filled, CHUNK - filled);
		if (got > 0)
			filled += (size_t)got;
		else if (got < 0 && errno == EINTR)
			got = 1;
	}
	return got < 0 ? -errno : (ssize_t)filled;
}

static int compare_contents(const struct walk_step *step)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	cleanup(close_fd) int left = openat(step->parent, step->name, flags);
	cleanup(close_fd) int right = left < 0 ? -1 : openat(step->to_parent, step->name, flags);
	char from_left[CHUNK], from_right[CHUNK];
	ssize_t got, other;

	if (left < 0 || right < 0)
		return -errno;
	do {
		got = read_chunk(left, from_left);
		other = read_chunk(right, from_right);
		if (got < 0 || other < 0)
			return (int)(got < 0 ? got : other);
		if (got != other || memcmp(from_left, from_right, (size_t)got) != 0)
			return DIFFERENT;
	} while (got == CHUNK);
	return 0;
}

static int compare_links(const struct walk_step *step)
{
	char left[PATH_MAX], right[PATH_MAX];
	ssize_t length = readlinkat(step->parent, step->name, left, sizeof(left));
	ssize_t other = readlinkat(step->to_parent, step->name, right, sizeof(right));

	if (length < 0 || other < 0)
		return -errno;
	return length == other && memcmp(left, right, (size_t)length) == 0 ? 0 : DIFFERENT;
}

/* Whether the second tree has the same kind of thing there, with the same mode and size. */
static int compare_entries(const struct walk_step *step)
{
	const struct stat *left = step->info;
	struct stat right;

	if (!step->depth) /* the two themselves */
		return 0;
	if (fstatat(step->to_parent, step->name, &right, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? DIFFERENT : -errno;
	if ((left->st_mode & S_IFMT) != (right.st_mode & S_IFMT) ||
	    (left->st_mode & COMPARED_MODE) != (right.st_mode & COMPARED_MODE) ||
	    (S_ISREG(left->st_mode) && left->st_size != right.st_size))
		return DIFFERENT;
	return 0;
}

static int compare_files(const struct walk_step *step)
{
	int code = is_compared(step->info->st_mode) ? compare_entries(step) : 0;

	if (!code && S_ISREG(step->info->st_mode))
		code = compare_contents(step);
	else if (!code && S_ISLNK(step->info->st_mode))
		code = compare_links(step);
	return code;
}

/* How many entries of a directory count, or a negative errno. */
static long count_entries(int fd)
{
	struct entries entries;
	const struct dirent64 *entry;
	struct stat info;
	long count = 0;
	int code = entries_open(&entries, fd, ".");

	if (code < 0)
		return code;
	while ((entry = entries_next(&entries)))
		count += fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
			 is_compared(info.st_mode);
	code = entries_close(&entries);
	return code < 0 ? code : count;
}

/* All that the first has is in the second: neither has more if they have as many. */
static int compare_counts(const struct walk_step *step)
{
	long left = count_entries(step->fd);
	long right = count_entries(step->to_fd);

	if (left < 0 || right < 0)
		return (int)(left < 0 ? left : right);
	return left == right ? 0 : DIFFERENT;
}

int directory_compare(const char *left, const char *right, bool *ret_same, struct error *error)
{
	static const struct walk walk = {.file = compare_files,
					 .enter = compare_entries,
					 .leave = compare_counts,
					 .second = true};
	cleanup(free_string) char *real = realpath(left, NULL);
	cleanup(free_string) char *other = realpath(right, NULL);
	int code = real && other ? walk_tree(&walk, AT_FDCWD, real, AT_FDCWD, other) : -errno;

	if (code < 0 && code != DIFFERENT)
		return error_errno(error, code, 0, "Cannot compare %s with %s", left, right);
	*ret_same = code == 0;
	return 0;
}
