/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory with all it holds as text, a line each: path, mode, and the link's target or the
 * file's size and checksum. Two snapshots are compared as strings: what must not change, did not.
 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

/* FNV-1a: enough to see that something changed. */
static inline uint64_t snapshot_checksum(const char *path)
{
	cleanup(free_string) char *data = NULL;
	struct error error = {0};
	size_t length = 0;
	uint64_t sum = 0xcbf29ce484222325u;

	if (file_read(path, (size_t)1 << 30, &data, &length, &error) < 0)
		fail_msg("%s", error.message);
	for (size_t i = 0; i < length; i++)
		sum = (sum ^ (unsigned char)data[i]) * 0x100000001b3u;
	return sum;
}

static inline void snapshot_add(struct strv *lines, const char *root, const char *path,
				const char *skip)
{
	cleanup(free_string) char *target = file_readlink(path);
	const char *shown = path + strlen(root);
	struct stat info;

	if (text_equal(path, skip))
		return;
	assert_int_equal(lstat(path, &info), 0);
	if (target) {
		strv_add_format(lines, "%s -> %s", shown, target);
		return;
	}
	if (!S_ISDIR(info.st_mode)) {
		strv_add_format(lines, "%s %o %lld %016llx", shown, info.st_mode,
				(long long)info.st_size,
				(unsigned long long)snapshot_checksum(path));
		return;
	}
	strv_add_format(lines, "%s %o", shown, info.st_mode);
	DIR *directory = opendir(path);
	const struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
			continue;
		cleanup(free_string) char *below = path_join(path, entry->d_name, NULL);

		snapshot_add(lines, root, below, skip);
	}
	closedir(directory);
}

/* skip: a path below root that is passed over with all it holds, or NULL. Owned by the caller. */
static inline char *snapshot_take(const char *root, const char *skip)
{
	cleanup(strv_free) struct strv lines = {0};

	snapshot_add(&lines, root, root, skip);
	strv_sort(&lines);
	return strv_join(&lines, "\n");
}
