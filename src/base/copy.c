/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"

enum {
	PLAIN_MODE = 01777, /* what ran as a user, or in a group, must not run as root */
	MOST_LEVELS = 64,   /* each takes descriptors; no source comes near */
};

struct copying {
	const char *from, *to; /* for messages */
	const struct copy_rules *rules;
	int levels;
};

static int failed(const struct copying *copying, const char *path, int code, struct error *error)
{
	return error_errno(error, code, 0, "Cannot copy %s%s%s to %s", copying->from,
			   *path ? "/" : "", path, copying->to);
}

static int examine(const struct copying *copying, const char *path, int fd, struct error *error)
{
	const struct copy_rules *rules = copying->rules;

	return rules->examine ? rules->examine(rules->context, path, fd, error) : 0;
}

static int keep_attributes(int fd, const struct stat *info)
{
	const struct timespec times[2] = {info->st_atim, info->st_mtim};

	return fchmod(fd, info->st_mode & PLAIN_MODE) < 0 || futimens(fd, times) < 0 ? -errno : 0;
}

static int copy_bytes(int in, int out)
{
	char chunk[65536];
	ssize_t got = 0;
	int code = 0;

	if (ioctl(out, FICLONE, in) == 0)
		return 0;
	while (!code && (got = read(in, chunk, sizeof(chunk))) > 0)
		code = file_write_all(out, chunk, (size_t)got);
	return !code && got < 0 ? -errno : code;
}

int copy_opened_file(int in, const struct stat *info, int to_fd, const char *name)
{
	int out = openat(to_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (out < 0)
		return -errno;
	int code = copy_bytes(in, out);

	if (!code)
		code = keep_attributes(out, info);
	if (close(out) < 0 && !code)
		code = -errno;
	return code;
}

/* Takes the descriptor over. */
static int copy_file(const struct copying *copying, int fd, const char *path, int to_fd,
		     const char *name, struct error *error)
{
	cleanup(close_fd) int in = fd;
	struct stat info;

	if (examine(copying, path, in, error) < 0)
		return error->code;
	int code = fstat(in, &info) < 0 ? -errno : copy_opened_file(in, &info, to_fd, name);

	return code < 0 ? failed(copying, path, code, error) : 0;
}

int copy_link_as_it_is(const char *target, int to_fd, const char *name, struct error *error)
{
	if (symlinkat(target, to_fd, name) < 0)
		return error_errno(error, -errno, 0, "Cannot make the link %s", name);
	return 0;
}

/* The copy in the link's place gets its times, too. */
static int copy_link(const struct copying *copying, int from_fd, const char *path, int to_fd,
		     const char *name, const struct stat *info, struct error *error)
{
	const struct copy_rules *rules = copying->rules;
	const struct timespec times[2] = {info->st_atim, info->st_mtim};
	char target[PATH_MAX];
	ssize_t length = readlinkat(from_fd, name, target, sizeof(target) - 1);

	if (length < 0)
		return failed(copying, path, -errno, error);
	target[length] = '\0';
	int code = rules->link ? rules->link(rules->context, path, target, to_fd, name, error)
			       : copy_link_as_it_is(target, to_fd, name, error);

	if (!code && utimensat(to_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(copying, path, -errno, error);
	return code;
}

static int copy_directory(struct copying *copying, int fd, const char *path, int to_parent,
			  const char *to, struct error *error);

/* Looks first: opening a device can do things. What has changed since is not copied. */
static int copy_entry(struct copying *copying, int from_fd, const char *path, int to_fd,
		      const char *name, struct error *error)
{
	const struct copy_rules *rules = copying->rules;
	struct stat info, opened;

	if (fstatat(from_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(copying, path, -errno, error);
	if (S_ISLNK(info.st_mode))
		return copy_link(copying, from_fd, path, to_fd, name, &info, error);
	if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode)) {
		if (!rules->left_out)
			return failed(copying, path, -EINVAL, error);
		rules->left_out(rules->context, path);
		return 0;
	}
	errno = 0;
	int fd = openat(from_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &opened) < 0 || (opened.st_mode ^ info.st_mode) & S_IFMT) {
		int code = errno ? -errno : -ESTALE;

		close_fd(&fd);
		return failed(copying, path, code, error);
	}
	return S_ISDIR(info.st_mode) ? copy_directory(copying, fd, path, to_fd, name, error)
				     : copy_file(copying, fd, path, to_fd, name, error);
}

static int copy_entries(struct copying *copying, int from_fd, const char *path, int to_fd,
			struct error *error)
{
	cleanup(close_fd) int own = fcntl(from_fd, F_DUPFD_CLOEXEC, 0);
	cleanup(closedir_handler) DIR *directory = own < 0 ? NULL : fdopendir(own);
	const struct dirent *entry;

	if (!directory)
		return failed(copying, path, -errno, error);
	own = -1;
	for (errno = 0; (entry = readdir(directory)); errno = 0) {
		cleanup(free_string) char *below = text_format("%s%s%s", path, *path ? "/" : "",
							       entry->d_name);

		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
			continue;
		if (copy_entry(copying, from_fd, below, to_fd, entry->d_name, error) < 0)
			return error->code;
	}
	return errno ? failed(copying, path, -errno, error) : 0;
}

/* Takes the descriptor over. */
static int copy_directory(struct copying *copying, int fd, const char *path, int to_parent,
			  const char *to, struct error *error)
{
	cleanup(close_fd) int from_fd = fd;
	struct stat info;

	if (copying->levels == MOST_LEVELS)
		return failed(copying, path, -ELOOP, error);
	if (examine(copying, path, from_fd, error) < 0)
		return error->code;
	if (fstat(from_fd, &info) < 0 || mkdirat(to_parent, to, 0700) < 0)
		return failed(copying, path, -errno, error);
	cleanup(close_fd) int to_fd = openat(to_parent, to,
					     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (to_fd < 0)
		return failed(copying, path, -errno, error);
	copying->levels++;
	if (copy_entries(copying, from_fd, path, to_fd, error) < 0)
		return error->code;
	copying->levels--;
	int code = keep_attributes(to_fd, &info);

	return code < 0 ? failed(copying, path, code, error) : 0;
}

int copy_by_rules(const char *from, const char *to, const struct copy_rules *rules,
		  struct error *error)
{
	struct copying copying = {.from = from, .to = to, .rules = rules};
	/* The named directory itself may be reached through a link: M/V/source is one. */
	int fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return failed(&copying, "", -errno, error);
	return copy_directory(&copying, fd, "", AT_FDCWD, to, error);
}
