/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs_room.h"

#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/text.h"

static void explain_missing(const char *directory, uint64_t needed, uint64_t free_bytes,
			    struct error *error)
{
	cleanup(free_string) char *shown_needed = text_size(needed);
	cleanup(free_string) char *shown_free = text_size(free_bytes);
	cleanup(free_string) char *shown_missing = text_size(needed - free_bytes);

	(void)error_hint(error,
			 "%s has %s free. A new image needs about %s until it replaces the old "
			 "one: %s are missing.",
			 directory, shown_free, shown_needed, shown_missing);
}

/* An image, and the file system that it lies on. */
struct room {
	uint64_t image, free; /* bytes */
	bool is_read_only;
};

static bool measure(const char *image, const char *directory, struct room *ret_room)
{
	struct statvfs system;
	struct stat info;

	if (stat(image, &info) < 0 || statvfs(directory, &system) < 0)
		return false;
	*ret_room = (struct room){
		.image = (uint64_t)info.st_size,
		.free = (uint64_t)system.f_bavail * system.f_frsize,
		.is_read_only = system.f_flag & ST_RDONLY,
	};
	return true;
}

void initramfs_explain_room(const char *image, struct error *error)
{
	cleanup(free_string) char *directory = path_parent(image);
	struct room room;

	if (!measure(image, directory, &room))
		return;
	if (room.is_read_only)
		(void)error_hint(error, "%s is mounted read-only.", directory);
	else if (room.free < room.image)
		explain_missing(directory, room.image, room.free, error);
}

bool initramfs_has_room(const char *image)
{
	cleanup(free_string) char *directory = path_parent(image);
	struct room room;

	return !measure(image, directory, &room) || room.free >= room.image + room.image / 4;
}
