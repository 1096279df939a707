/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/same.h"
#include "base/temporary.h"
#include "base/text.h"

static bool has_type(const char *path, mode_t type)
{
	struct stat info;

	return stat(path, &info) == 0 && (info.st_mode & S_IFMT) == type;
}

bool file_exists(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0;
}

bool file_exists_nofollow(const char *path)
{
	struct stat info;

	return lstat(path, &info) == 0;
}

bool file_is_directory(const char *path)
{
	return has_type(path, S_IFDIR);
}

bool file_is_real_directory(const char *path)
{
	struct stat info;

	return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool file_is_regular(const char *path)
{
	return has_type(path, S_IFREG);
}

bool file_is_symlink(const char *path)
{
	struct stat info;

	return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

bool file_is_executable(const char *path)
{
	return file_is_regular(path) && access(path, X_OK) == 0;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool file_is_unchanged(const struct stat *before, const struct stat *after)
{
	return before->st_dev == after->st_dev && before->st_ino == after->st_ino &&
	       before->st_size == after->st_size && before->st_mode == after->st_mode &&
	       same_time(&before->st_mtim, &after->st_mtim) &&
	       same_time(&before->st_ctim, &after->st_ctim);
}

bool file_is_closed_hard_link(const struct stat *info)
{
	return S_ISREG(info->st_mode) && info->st_nlink > 1 && !(info->st_mode & S_IROTH);
}

char *file_readlink(const char *path)
{
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target));

	if (length < 0 || (size_t)length == sizeof(target))
		return NULL;
	return xstrndup(target, (size_t)length);
}

/* Reads to the end of fd, wherever that is by then; -EFBIG past limit. */
static int read_all(int fd, size_t size, size_t limit, struct buffer *content)
{
	enum { MORE = 4096 };

	/* One byte more: reading nothing into it tells the end. */
	buffer_reserve(content, (size < limit ? size : limit) + 1);
	for (;;) {
		if (content->length + 1 == content->capacity)
			buffer_reserve(content, content->length * 2 + MORE);
		size_t room = content->capacity - content->length - 1;
		ssize_t got = read(fd, content->data + content->length, room);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return 0;
		if (content->length + (size_t)got > limit)
			return -EFBIG;
		content->length += (size_t)got;
		content->data[content->length] = '\0';
	}
}

int file_read_opened(int fd, const char *path, size_t limit, char **ret_data, size_t *ret_length,
		     struct error *error)
{
	cleanup(buffer_free) struct buffer content = {0};
	struct stat info;

	if (fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	if (!S_ISREG(info.st_mode))
		return error_errno(error, S_ISDIR(info.st_mode) ? -EISDIR : -EINVAL, 0,
				   "Cannot read %s", path);
	int code = read_all(fd, (size_t)info.st_size, limit, &content);

	if (code < 0)
		return error_errno(error, code, 0, "Cannot read %s", path);
	if (ret_length)
		*ret_length = content.length;
	*ret_data = buffer_take(&content);
	return 0;
}

static int read_file(const char *path, int flags, size_t limit, char **ret_data, size_t *ret_length,
		     struct error *error)
{
	/* O_NONBLOCK: a FIFO in the file's place must not hang us. */
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);

	if (fd < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	return file_read_opened(fd, path, limit, ret_data, ret_length, error);
}

int file_read(const char *path, size_t limit, char **ret_data, size_t *ret_length,
	      struct error *error)
{
	return read_file(path, 0, limit, ret_data, ret_length, error);
}

char *file_read_if_possible(const char *path, size_t limit)
{
	cleanup(error_clear) struct error error = {0};
	char *text = NULL;

	(void)file_read(path, limit, &text, NULL, &error);
	return text;
}

int file_read_nofollow(const char *path, size_t limit, char **ret_data, size_t *ret_length,
		       struct error *error)
{
	return read_file(path, O_NOFOLLOW, limit, ret_data, ret_length, error);
}

int file_write_all(int fd, const void *data, size_t length)
{
	const char *next = data;

	while (length) {
		ssize_t written = write(fd, next, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		next += written;
		length -= (size_t)written;
	}
	return 0;
}

/* Reports the first failure. */
static int close_written(int fd, bool sync)
{
	int code = sync && fsync(fd) < 0 ? -errno : 0;

	if (close(fd) < 0 && !code)
		code = -errno;
	return code;
}

static int create(const char *path, const void *data, size_t length, mode_t mode, bool sync)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return -errno;
	int code = fchmod(fd, mode) < 0 ? -errno : file_write_all(fd, data, length);
	int close_code = close_written(fd, sync);

	if (!code)
		code = close_code;
	if (code)
		(void)unlink(path);
	return code;
}

int file_create(const char *path, const void *data, size_t length, mode_t mode, struct error *error)
{
	int code = create(path, data, length, mode, true);

	return code ? error_errno(error, code, 0, "Cannot write %s", path) : 0;
}

int file_create_unsynced(const char *path, const void *data, size_t length, mode_t mode,
			 struct error *error)
{
	int code = create(path, data, length, mode, false);

	return code ? error_errno(error, code, 0, "Cannot write %s", path) : 0;
}

static int replace(const char *path, const void *data, size_t length, mode_t mode, bool sync,
		   struct error *error)
{
	cleanup(free_string) char *parent = path_parent(path);
	cleanup(free_string) char *temporary = temporary_path(parent, "write");
	int code = create(temporary, data, length, mode, sync);

	if (!code && rename(temporary, path) < 0) {
		code = -errno;
		(void)unlink(temporary);
	}
	if (code)
		return error_errno(error, code, 0, "Cannot write %s", path);
	return sync ? file_sync_directory(parent, error) : 0;
}

int file_write(const char *path, const void *data, size_t length, mode_t mode, struct error *error)
{
	return replace(path, data, length, mode, true, error);
}

int file_write_unsynced(const char *path, const void *data, size_t length, mode_t mode,
			struct error *error)
{
	return replace(path, data, length, mode, false, error);
}

int file_make_directories(const char *path, struct error *error)
{
	if (file_is_directory(path))
		return 0;
	cleanup(free_string) char *parent = path_parent(path);

	if (!text_equal(parent, path) && file_make_directories(parent, error) < 0)
		return error->code;
	if (mkdir(path, 0755) < 0) {
		if (errno == EEXIST && file_is_directory(path))
			return 0;
		return error_errno(error, -errno, 0, "Cannot make the directory %s", path);
	}
	if (chmod(path, 0755) < 0)
		return error_errno(error, -errno, 0, "Cannot set the mode of %s", path);
	return file_sync_directory(parent, error);
}

int file_symlink(const char *target, const char *path, struct error *error)
{
	cleanup(free_string) char *parent = path_parent(path);
	cleanup(free_string) char *temporary = temporary_path(parent, "link");

	if (symlink(target, temporary) < 0)
		return error_errno(error, -errno, 0, "Cannot make the link %s", path);
	if (rename(temporary, path) < 0) {
		int code = -errno;

		(void)unlink(temporary);
		return error_errno(error, code, 0, "Cannot make the link %s", path);
	}
	return file_sync_directory(parent, error);
}

static int copy_bytes(int in, int out)
{
	char chunk[65536];

	if (ioctl(out, FICLONE, in) == 0)
		return 0;
	for (;;) {
		ssize_t got = read(in, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		int code = file_write_all(out, chunk, (size_t)got);

		if (code < 0)
			return code;
	}
}

static int copy(const char *from, const char *to, bool sync, struct error *error)
{
	cleanup(close_fd) int in = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;

	if (in < 0 || fstat(in, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", from);
	if (!S_ISREG(info.st_mode))
		return error_errno(error, -EINVAL, 0, "Cannot copy %s, which is no regular file",
				   from);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (out < 0)
		return error_errno(error, -errno, 0, "Cannot write %s", to);
	const struct timespec times[2] = {info.st_atim, info.st_mtim};
	int code = copy_bytes(in, out);

	if (!code && (fchmod(out, info.st_mode & 07777) < 0 || futimens(out, times) < 0))
		code = -errno;
	int close_code = close_written(out, sync);

	if (!code)
		code = close_code;
	if (code) {
		(void)unlink(to);
		return error_errno(error, code, 0, "Cannot copy %s to %s", from, to);
	}
	return 0;
}

int file_copy(const char *from, const char *to, struct error *error)
{
	return copy(from, to, true, error);
}

int file_copy_unsynced(const char *from, const char *to, struct error *error)
{
	return copy(from, to, false, error);
}

int file_rename(const char *from, const char *to, struct error *error)
{
	if (rename(from, to) < 0)
		return error_errno(error, -errno, 0, "Cannot rename %s to %s", from, to);
	return 0;
}

int file_unlink(const char *path, struct error *error)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	int code = -errno;

	/* A read-only file system refuses before it looks. */
	if (code == -EROFS && !file_exists_nofollow(path))
		return 0;
	return error_errno(error, code, 0, "Cannot remove %s", path);
}

int file_sync_directory(const char *directory, struct error *error)
{
	cleanup(close_fd) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return error_errno(error, -errno, 0, "Cannot sync the directory %s", directory);
	return 0;
}

int file_sync_parent(const char *path, struct error *error)
{
	cleanup(free_string) char *parent = path_parent(path);

	return file_sync_directory(parent, error);
}

bool file_same_content(const char *a, const char *b)
{
	return same_content_at(AT_FDCWD, a, AT_FDCWD, b);
}
