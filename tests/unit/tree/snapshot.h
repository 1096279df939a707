/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All there is below a directory as text, a line each: what to compare states of a tree by. */
#pragma once

#include <dirent.h>

#include "tree/fixture.h"

#include "directory_snapshot.h"

/* Not in snapshots: the lock, journals and pending work. */
#define SNAPSHOT_PRIVATE "/var/lib/dkms/.dkms"

/* Owned by the caller. */
static inline char *snapshot(const struct fixture *fixture)
{
	return snapshot_take(fixture->root, SNAPSHOT_PRIVATE);
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

/* Something for every kind of operation to change, and what to change it to. */
static inline void write_old(const struct fixture *fixture)
{
	scratch_write(fixture->root, "file", "new a");
	scratch_write(fixture->root, "one/x.ko", "new x");
	scratch_write(fixture->root, "two/y.ko", "new y");
	scratch_write(fixture->root, "lib/a", "old a");
	scratch_symlink(fixture->root, "lib/link", "old");
	scratch_write(fixture->root, "lib/gone", "old");
	scratch_write(fixture->root, "lib/tree/deep/file", "old");
	scratch_write(fixture->root, "lib/emptied/by/file", "old");
	scratch_write(fixture->root, "lib/module/x.ko", "old x");
	scratch_directory(fixture->root, "var/lib/dkms");
}
