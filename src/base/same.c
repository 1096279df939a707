/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/same.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

enum { CHUNK = 16384 };

/* Fills the chunk with that many bytes. False at the end of the file before, or a failure. */
static bool read_chunk(int fd, char *chunk, size_t length)
{
	while (length) {
		ssize_t got = read(fd, chunk, length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		chunk += got;
		length -= (size_t)got;
	}
	return true;
}

/* O_NONBLOCK: a FIFO in a file's place must not hang us. */
static int open_at(int parent, const char *path)
{
	return openat(parent, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static bool same_bytes(int parent_a, const char *a, int parent_b, const char *b, off_t size)
{
	cleanup(close_fd) int first = open_at(parent_a, a);
	cleanup(close_fd) int second = first < 0 ? -1 : open_at(parent_b, b);
	char left[CHUNK], right[CHUNK];

	if (first < 0 || second < 0)
		return false;
	while (size > 0) {
		size_t length = size < CHUNK ? (size_t)size : CHUNK;

		if (!read_chunk(first, left, length) || !read_chunk(second, right, length) ||
		    memcmp(left, right, length) != 0)
			return false;
		size -= (off_t)length;
	}
	return true;
}

static bool is_untouched(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_nsec != 0 && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool is_same(int parent_a, const char *a, int parent_b, const char *b, bool trust_times)
{
	struct stat first, second;

	if (fstatat(parent_a, a, &first, 0) < 0 || fstatat(parent_b, b, &second, 0) < 0)
		return false;
	if (first.st_dev == second.st_dev && first.st_ino == second.st_ino)
		return true;
	if (first.st_size != second.st_size)
		return false;
	return (trust_times && is_untouched(&first, &second)) ||
	       same_bytes(parent_a, a, parent_b, b, first.st_size);
}

bool same_content_at(int parent_a, const char *a, int parent_b, const char *b)
{
	return is_same(parent_a, a, parent_b, b, false);
}

bool same_copy_at(int parent_a, const char *a, int parent_b, const char *b)
{
	return is_same(parent_a, a, parent_b, b, true);
}
