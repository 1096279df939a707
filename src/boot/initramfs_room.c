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

void initramfs_explain_room(const char *image, struct error *error)
{
	cleanup(free_string) char *directory = path_parent(image);
	struct statvfs system;
	struct stat info;

	if (stat(image, &info) < 0 || statvfs(directory, &system) < 0)
		return;
	uint64_t free_bytes = (uint64_t)system.f_bavail * system.f_frsize;

	if (system.f_flag & ST_RDONLY)
		(void)error_hint(error, "%s is mounted read-only.", directory);
	else if (free_bytes < (uint64_t)info.st_size)
		explain_missing(directory, (uint64_t)info.st_size, free_bytes, error);
}

bool initramfs_has_room(const char *image)
{
	cleanup(free_string) char *directory = path_parent(image);
	struct statvfs system;
	struct stat info;

	if (stat(image, &info) < 0 || statvfs(directory, &system) < 0)
		return true;
	return (uint64_t)system.f_bavail * system.f_frsize >=
	       (uint64_t)info.st_size + (uint64_t)info.st_size / 4;
}
