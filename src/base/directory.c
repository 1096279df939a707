/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

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

static bool is_dot(const char *name)
{
	return text_equal(name, ".") || text_equal(name, "..");
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

bool directory_is_empty(const char *path)
{
	cleanup(closedir_handler) DIR *directory = opendir(path);
	const struct dirent *entry;

	if (!directory)
		return false;
	while ((entry = readdir(directory)))
		if (!is_dot(entry->d_name) && !text_starts_with(entry->d_name, ".dkms-"))
			return false;
	return true;
}

/*
 * Calls visit for each entry below fd. Takes ownership of fd. Stops at the first failure, which is
 * returned as a negative errno.
 */
typedef int entry_visitor(int directory_fd, const char *name, void *context);

static int for_each_entry(int fd, entry_visitor *visit, void *context)
{
	cleanup(closedir_handler) DIR *directory = fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		int code = -errno;

		(void)close(fd);
		return code;
	}
	for (errno = 0; (entry = readdir(directory)); errno = 0) {
		if (is_dot(entry->d_name))
			continue;
		int code = visit(dirfd(directory), entry->d_name, context);

		if (code < 0)
			return code;
	}
	return errno ? -errno : 0;
}

static int open_directory_at(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The copy is of whoever makes it: what ran as a user, or in a group, must not run as root. */
enum { PLAIN_MODE = 01777 };

static int copy_file_at(int from_fd, const char *name, int to_fd, const struct stat *info)
{
	/* O_NONBLOCK: what has become a FIFO since must not hang us. */
	cleanup(close_fd) int in = openat(from_fd, name,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char chunk[65536];
	ssize_t got = 0;
	int code = 0;

	if (in < 0)
		return -errno;
	int out = openat(to_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (out < 0)
		return -errno;
	if (ioctl(out, FICLONE, in) < 0)
		while (!code && (got = read(in, chunk, sizeof(chunk))) > 0)
			code = file_write_all(out, chunk, (size_t)got);
	if (!code && got < 0)
		code = -errno;
	const struct timespec times[2] = {info->st_atim, info->st_mtim};

	if (!code && (fchmod(out, info->st_mode & PLAIN_MODE) < 0 || futimens(out, times) < 0))
		code = -errno;
	if (close(out) < 0 && !code)
		code = -errno;
	return code;
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

static int copy_entry(int from_fd, const char *name, void *context);

static int copy_directory_at(int from_parent, const char *from, int to_parent, const char *to)
{
	struct stat info;
	int from_fd = open_directory_at(from_parent, from);

	if (from_fd < 0)
		return from_fd;
	if (fstat(from_fd, &info) < 0 || mkdirat(to_parent, to, 0700) < 0) {
		int code = -errno;

		(void)close(from_fd);
		return code;
	}
	cleanup(close_fd) int to_fd = open_directory_at(to_parent, to);

	if (to_fd < 0) {
		(void)close(from_fd);
		return to_fd;
	}
	int code = for_each_entry(from_fd, copy_entry, &to_fd);
	const struct timespec times[2] = {info.st_atim, info.st_mtim};

	if (!code && (fchmod(to_fd, info.st_mode & PLAIN_MODE) < 0 || futimens(to_fd, times) < 0))
		code = -errno;
	return code;
}

static int copy_entry(int from_fd, const char *name, void *context)
{
	int to_fd = *(int *)context;
	struct stat info;

	if (fstatat(from_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(info.st_mode))
		return copy_directory_at(from_fd, name, to_fd, name);
	if (S_ISLNK(info.st_mode))
		return copy_link_at(from_fd, name, to_fd);
	if (S_ISREG(info.st_mode))
		return copy_file_at(from_fd, name, to_fd, &info);
	return -EINVAL;
}

int directory_copy(const char *from, const char *to, struct error *error)
{
	/* The named directory itself may be reached through a link: M/V/source is one. */
	cleanup(free_string) char *real = realpath(from, NULL);
	int code = real ? copy_directory_at(AT_FDCWD, real, AT_FDCWD, to) : -errno;

	if (code < 0)
		return error_errno(error, code, 0, "Cannot copy the directory %s to %s", from, to);
	return 0;
}

static int remove_entry(int parent, const char *name, void *context)
{
	(void)context;
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	int code = -errno;
	struct stat info;

	/* A read-only file system refuses before it looks. */
	if (code == -EROFS && fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT)
		return 0;
	if (code != -EISDIR && code != -EPERM)
		return code;
	int fd = open_directory_at(parent, name);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	code = for_each_entry(fd, remove_entry, NULL);
	if (code < 0)
		return code;
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

int directory_remove(const char *path, struct error *error)
{
	int code = remove_entry(AT_FDCWD, path, NULL);

	if (code < 0)
		return error_errno(error, code, 0, "Cannot remove %s", path);
	return 0;
}

static int sync_entry(int parent, const char *name, void *context)
{
	struct stat info;

	(void)context;
	if (fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
		return 0;
	int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0) {
		int code = -errno;

		(void)close(fd);
		return code;
	}
	if (S_ISDIR(info.st_mode))
		return for_each_entry(fd, sync_entry, NULL);
	return close(fd) < 0 ? -errno : 0;
}

int directory_sync(const char *path, struct error *error)
{
	int code = sync_entry(AT_FDCWD, path, NULL);

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
		char *parent = path_parent(current);

		free(current);
		current = parent;
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

int directory_make_temporary(const char *parent, const char *kind, char **ret_path,
			     struct error *error)
{
	cleanup(free_string) char *path = file_temporary_name(parent, kind);

	if (mkdir(path, 0700) < 0)
		return error_errno(error, -errno, 0, "Cannot make a directory in %s", parent);
	*ret_path = TAKE(path);
	return 0;
}
