/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/entries.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

int entries_open(struct entries *entries, int parent, const char *path)
{
	entries->fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	entries->code = 0;
	entries->next = entries->filled = 0;
	return entries->fd < 0 ? -errno : 0;
}

static bool refill(struct entries *entries)
{
	ssize_t got = getdents64(entries->fd, entries->buffer, sizeof(entries->buffer));

	if (got < 0)
		entries->code = -errno;
	entries->next = 0;
	entries->filled = got > 0 ? (size_t)got : 0;
	return got > 0;
}

const struct dirent64 *entries_next(struct entries *entries)
{
	while (entries->next < entries->filled || refill(entries)) {
		const struct dirent64 *entry = (const void *)(entries->buffer + entries->next);

		entries->next += entry->d_reclen;
		if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
			return entry;
	}
	return NULL;
}

/* A stat only where the directory does not tell the type, or for a link. */
bool entries_is_directory(const struct entries *entries, const struct dirent64 *entry)
{
	struct stat info;

	if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
		return entry->d_type == DT_DIR;
	return fstatat(entries->fd, entry->d_name, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

int entries_close(struct entries *entries)
{
	(void)close(entries->fd);
	return entries->code;
}
