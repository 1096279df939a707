/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/entries.h"
#include "base/text.h"

/* Of a mode, what a copy keeps (base/directory.c). */
enum { COMPARED_MODE = 01777 };

/* All functions: 1 if they are the same, 0 if not, or a negative errno. */
static int same_directories(int left, int right);

static bool is_compared(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode);
}

static int list(int fd, struct strv *names)
{
	struct entries entries;
	const struct dirent64 *entry;
	int code = entries_open(&entries, fd, ".");

	if (code < 0)
		return code;
	while ((entry = entries_next(&entries))) {
		struct stat info;

		if (fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
		    is_compared(info.st_mode))
			strv_add(names, entry->d_name);
	}
	strv_sort(names);
	return entries_close(&entries);
}

/* Reads until the buffer is full or the file ends. */
static ssize_t read_full(int fd, char *buffer, size_t size)
{
	size_t filled = 0;
	ssize_t got = 1;

	while (filled < size && got > 0) {
		got = read(fd, buffer + filled, size - filled);
		if (got > 0)
			filled += (size_t)got;
		else if (got < 0 && errno == EINTR)
			got = 1;
	}
	return got < 0 ? -errno : (ssize_t)filled;
}

static int same_contents(int left, int right)
{
	char from_left[16384], from_right[16384];
	ssize_t got;

	do {
		got = read_full(left, from_left, sizeof(from_left));
		ssize_t other = read_full(right, from_right, sizeof(from_right));

		if (got < 0 || other < 0)
			return got < 0 ? (int)got : (int)other;
		if (got != other || memcmp(from_left, from_right, (size_t)got) != 0)
			return 0;
	} while (got == sizeof(from_left));
	return 1;
}

static int same_links(int left, int right, const char *name)
{
	char from_left[PATH_MAX], from_right[PATH_MAX];
	ssize_t length = readlinkat(left, name, from_left, sizeof(from_left));
	ssize_t other = readlinkat(right, name, from_right, sizeof(from_right));

	if (length < 0 || other < 0)
		return -errno;
	return length == other && memcmp(from_left, from_right, (size_t)length) == 0;
}

static int same_opened(int left, int right, const char *name, bool directory)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (directory ? O_DIRECTORY : 0);
	cleanup(close_fd) int a = openat(left, name, flags);
	cleanup(close_fd) int b = a < 0 ? -1 : openat(right, name, flags);

	if (a < 0 || b < 0)
		return -errno;
	return directory ? same_directories(a, b) : same_contents(a, b);
}

static int same_entries(int left, int right, const char *name)
{
	struct stat a, b;

	if (fstatat(left, name, &a, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstatat(right, name, &b, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if ((a.st_mode & S_IFMT) != (b.st_mode & S_IFMT))
		return 0;
	if (S_ISLNK(a.st_mode))
		return same_links(left, right, name);
	if ((a.st_mode & COMPARED_MODE) != (b.st_mode & COMPARED_MODE) ||
	    (S_ISREG(a.st_mode) && a.st_size != b.st_size))
		return 0;
	return same_opened(left, right, name, S_ISDIR(a.st_mode));
}

static int same_directories(int left, int right)
{
	cleanup(strv_free) struct strv names = {0};
	cleanup(strv_free) struct strv others = {0};
	int code = list(left, &names);

	if (!code)
		code = list(right, &others);
	if (code < 0 || names.count != others.count)
		return code;
	for (size_t i = 0; i < names.count; i++)
		if (!text_equal(names.items[i], others.items[i]))
			return 0;
	code = 1;
	for (size_t i = 0; i < names.count && code == 1; i++)
		code = same_entries(left, right, names.items[i]);
	return code;
}

int directory_compare(const char *left, const char *right, bool *ret_same, struct error *error)
{
	cleanup(close_fd) int a = open(left, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup(close_fd) int b = a < 0 ? -1 : open(right, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int same = a < 0 || b < 0 ? -errno : same_directories(a, b);

	if (same < 0)
		return error_errno(error, same, 0, "Cannot compare %s with %s", left, right);
	*ret_same = same;
	return 0;
}
