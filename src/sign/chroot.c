/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/chroot.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"

/* A machine with thousands of mounts stays far below. */
#define MOUNTINFO_MAX ((size_t)16 << 20)

static bool roots_differ(const char *proc)
{
	cleanup(free_string) char *first = path_join(proc, "1/root", NULL);
	cleanup(free_string) char *own = path_join(proc, "self/root", NULL);
	struct stat first_root, own_root;

	return stat(first, &first_root) == 0 && stat(own, &own_root) == 0 &&
	       (first_root.st_dev != own_root.st_dev || first_root.st_ino != own_root.st_ino);
}

/* NULL where it cannot be read. */
static char *read_mounts(const char *proc, const char *process)
{
	cleanup(free_string) char *path = path_join(proc, process, "mountinfo", NULL);
	char *mounts = NULL;

	mounts = file_read_if_possible(path, MOUNTINFO_MAX);
	return mounts;
}

/*
 * Something may be mounted between two readings, so a difference counts only if our own list read
 * the same before and after the other.
 */
static bool mounts_differ(const char *proc)
{
	enum { ATTEMPTS = 5 };

	for (int i = 0; i < ATTEMPTS; i++) {
		cleanup(free_string) char *before = read_mounts(proc, "self");
		cleanup(free_string) char *first = read_mounts(proc, "1");
		cleanup(free_string) char *after = read_mounts(proc, "self");

		if (!before || !first || text_equal(before, first))
			return false;
		if (text_equal(before, after))
			return true;
	}
	return false;
}

bool in_chroot(const char *proc)
{
	return !text_empty(getenv("FAKECHROOT")) || roots_differ(proc) || mounts_differ(proc);
}
