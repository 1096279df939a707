/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/copy.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
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

static bool is_regular(int fd)
{
	struct stat info;

	return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
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
	/* Either may have become a device since it was looked at. */
	if (!is_regular(left) || !is_regular(right))
		return -ESTALE;
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

int directory_list(const char *path, struct strv *names, struct error *error)
{
	cleanup(closedir_handler) DIR *directory = opendir(path);
	const struct dirent *entry;

	if (!directory)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : error_errno(error, -errno, 0, "Cannot read the directory %s",
					     path);
	for (errno = 0; (entry = readdir(directory)); errno = 0)
		if (entry->d_name[0] != '.')
			strv_add(names, entry->d_name);
	if (errno)
		return error_errno(error, -errno, 0, "Cannot read the directory %s", path);
	strv_sort(names);
	return 0;
}

void directory_list_if_possible(const char *path, struct strv *names)
{
	cleanup(error_clear) struct error error = {0};

	(void)directory_list(path, names, &error);
}

int directory_find(const char *path, directory_wanted *wanted, struct strv *paths,
		   struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (directory_list(path, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *entry = path_join(path, name, NULL);
		struct stat info;

		if (lstat(entry, &info) < 0)
			continue;
		if (wanted(name, info.st_mode))
			strv_add(paths, entry);
		else if (S_ISDIR(info.st_mode) && directory_find(entry, wanted, paths, error) < 0)
			return error->code;
	}
	return 0;
}

char *directory_nearest(const char *path)
{
	char *nearest = xstrdup(path);

	while (!file_is_directory(nearest)) {
		char *parent = path_parent(nearest);

		free(nearest);
		nearest = parent;
	}
	return nearest;
}

/* The copy belongs to its maker: a set-id program of a user or group must not run as root. */
enum { PLAIN_MODE = 01777 };

static int copy_file_at(int from_fd, const char *name, int to_fd)
{
	/* O_NONBLOCK: what has become a FIFO since must not hang us. */
	cleanup(close_fd) int in = openat(from_fd, name,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat info;

	if (in < 0 || fstat(in, &info) < 0)
		return -errno;
	return S_ISREG(info.st_mode) ? copy_opened_file(in, &info, to_fd, name) : -ESTALE;
}

static int copy_link_at(int from_fd, const char *name, int to_fd)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from_fd, name, target, sizeof(target) - 1);

	if (length < 0)
		return -errno;
	target[length] = '\0';
	return symlinkat(target, to_fd, name) < 0 ? -errno : 0;
}

static int copy_file(const struct walk_step *step)
{
	if (S_ISLNK(step->info->st_mode))
		return copy_link_at(step->parent, step->name, step->to_parent);
	if (S_ISREG(step->info->st_mode))
		return copy_file_at(step->parent, step->name, step->to_parent);
	return -EINVAL;
}

static int make_copy(const struct walk_step *step)
{
	return mkdirat(step->to_parent, step->to_name, 0700) < 0 ? -errno : 0;
}

static int finish_copy(const struct walk_step *step)
{
	const struct timespec times[2] = {step->info->st_atim, step->info->st_mtim};

	return fchmod(step->to_fd, step->info->st_mode & PLAIN_MODE) < 0 ||
			       futimens(step->to_fd, times) < 0
		       ? -errno
		       : 0;
}

int directory_copy(const char *from, const char *to, struct error *error)
{
	static const struct walk walk = {
		.file = copy_file, .enter = make_copy, .leave = finish_copy, .second = true};
	/* The named directory itself may be reached through a link: M/V/source is one. */
	cleanup(free_string) char *real = realpath(from, NULL);
	int code = real ? walk_tree(&walk, AT_FDCWD, real, AT_FDCWD, to) : -errno;

	if (code < 0)
		return error_errno(error, code, 0, "Cannot copy the directory %s to %s", from, to);
	return 0;
}

static int remove_file(const struct walk_step *step)
{
	return unlinkat(step->parent, step->name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int remove_directory(const struct walk_step *step)
{
	return unlinkat(step->parent, step->name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

int directory_remove(const char *path, struct error *error)
{
	static const struct walk walk = {
		.file = remove_file, .leave = remove_directory, .empties = true};
	int code = walk_tree(&walk, AT_FDCWD, path, -1, NULL);

	if (code < 0)
		return error_errno(error, code, 0, "Cannot remove %s", path);
	return 0;
}

static int sync_file(const struct walk_step *step)
{
	if (!S_ISREG(step->info->st_mode))
		return 0;
	int fd = openat(step->parent, step->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int code = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	return fd >= 0 && close(fd) < 0 && !code ? -errno : code;
}

static int sync_directory(const struct walk_step *step)
{
	return fsync(step->fd) < 0 ? -errno : 0;
}

int directory_sync(const char *path, struct error *error)
{
	static const struct walk walk = {.file = sync_file, .leave = sync_directory};
	int code = walk_tree(&walk, AT_FDCWD, path, -1, NULL);

	if (code < 0)
		return error_errno(error, code, 0, "Cannot sync %s", path);
	return 0;
}

void directory_prune(const char *path, const char *stop)
{
	cleanup(free_string) char *current = xstrdup(path);

	while (path_is_within(current, stop) && !text_equal(current, stop)) {
		if (rmdir(current) < 0 && errno != ENOENT)
			return;
		path_ascend(&current);
	}
}

static int close_to_others(const char *path, struct error *error)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot open the directory %s", path);
	if (info.st_uid != geteuid())
		return error_errno(error, -EPERM, 0, "Cannot use %s, which belongs to user %u",
				   path, (unsigned int)info.st_uid);
	if ((info.st_mode & 07777) != 0700 && fchmod(fd, 0700) < 0)
		return error_errno(error, -errno, 0, "Cannot make %s private", path);
	return 0;
}

int directory_make_private(const char *path, struct error *error)
{
	cleanup(free_string) char *plain = path_normalize(path);
	cleanup(free_string) char *parent = path_parent(plain);

	if (!file_exists_nofollow(plain) && (file_make_directories(parent, error) < 0 ||
					     (mkdir(plain, 0700) < 0 && errno != EEXIST)))
		return error_errno(error, -errno, 0, "Cannot make the directory %s", plain);
	return close_to_others(plain, error);
}
