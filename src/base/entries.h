/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entries of one directory, in the order in which it has them, for whoever looks at thousands
 * of directories: nothing but open, getdents and close.
 *
 *	struct entries entries;
 *	int code = entries_open(&entries, AT_FDCWD, path);
 *	if (code < 0)
 *		return code;
 *	while ((entry = entries_next(&entries)))
 *		...
 *	code = entries_close(&entries);		// what entries_next() met, too
 */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

struct entries {
	int fd; /* of the directory, to look at what is in it */
	int code;
	size_t next; /* offsets into buffer */
	size_t filled;
	char buffer[8192] __attribute__((aligned(16)));
};

/* path is relative to the opened directory parent, or AT_FDCWD. 0 or a negative errno. */
int entries_open(struct entries *entries, int parent, const char *path);

/* The next one but "." and "..", until the call after it; NULL at the end. */
const struct dirent64 *entries_next(struct entries *entries);

/* A directory, or a link to one. */
bool entries_is_directory(const struct entries *entries, const struct dirent64 *entry);

/* 0, or the negative errno at which entries_next() ended too early. */
int entries_close(struct entries *entries);
