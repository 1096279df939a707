/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory with all it holds as text, a line each: path, mode, and the link's target or the
 * file's text. Two snapshots are compared as strings: what must not change, did not.
 */
#pragma once

#include "unit.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"

static inline void snapshot_add(struct buffer *text, const char *root, const char *path,
				const char *skip)
{
	cleanup(free_string) char *full = path_join(root, path, NULL);
	struct dirent **entries = NULL;
	struct error error = {0};
	struct stat info;

	assert_int_equal(lstat(full, &info), 0);
	buffer_add_format(text, "%s %o", path, info.st_mode);
	if (S_ISLNK(info.st_mode)) {
		cleanup(free_string) char *target = file_readlink(full);

		buffer_add_format(text, " -> %s", target);
	} else if (S_ISREG(info.st_mode)) {
		cleanup(free_string) char *content = NULL;

		assert_int_equal(file_read(full, 1 << 20, &content, NULL, &error), 0);
		buffer_add_format(text, " %s", content);
	}
	buffer_add_char(text, '\n');
	int count = S_ISDIR(info.st_mode) ? scandir(full, &entries, NULL, alphasort) : 0;

	for (int i = 0; i < count; i++) {
		cleanup(free_string) char *below = text_format("%s/%s", path, entries[i]->d_name);

		if (!text_equal(entries[i]->d_name, ".") && !text_equal(entries[i]->d_name, "..") &&
		    !text_equal(below, skip))
			snapshot_add(text, root, below, skip);
		free(entries[i]);
	}
	free(entries);
}

/* skip: a path as seen from root ("/var/x") that is passed over with all it holds, or NULL. Owned
 * by the caller. */
static inline char *snapshot_take(const char *root, const char *skip)
{
	struct buffer text = {0};

	snapshot_add(&text, root, "", skip);
	return buffer_take(&text);
}
