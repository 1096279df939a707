/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All there is below a directory as text, a line each: what to compare states of a tree by. */
#pragma once

#include <dirent.h>

#include "fixture.h"

/* Not in snapshots: the lock, journals and pending work. */
#define SNAPSHOT_PRIVATE "/var/lib/dkms/.dkms"

static inline void snapshot_add(struct buffer *text, const char *root, const char *path)
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

		if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0 &&
		    !text_equal(below, SNAPSHOT_PRIVATE))
			snapshot_add(text, root, below);
		free(entries[i]);
	}
	free(entries);
}

/* Owned by the caller. */
static inline char *snapshot(const struct fixture *fixture)
{
	struct buffer text = {0};

	snapshot_add(&text, fixture->root, "");
	return buffer_take(&text);
}

/* All that lies in the journal directory, owned by the caller; "" for nothing. */
static inline char *journal_files(const struct fixture *fixture)
{
	cleanup(free_string) char *path = fixture_path(fixture, "var/lib/dkms/.dkms/journal");
	struct dirent **entries = NULL;
	struct buffer text = {0};
	int count = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0)
			buffer_add_format(&text, "%s\n", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return buffer_take(&text);
}
