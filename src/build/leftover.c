/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/walk.h"
#include "cage/cage.h"

enum { HARMLESS = 0755 };

static int restrict_mode(const struct walk_step *step)
{
	mode_t mode = step->info->st_mode;

	if (S_ISLNK(mode) || !(mode & 07777 & ~HARMLESS))
		return 0;
	return fchmodat(step->parent, step->name, mode & HARMLESS, AT_SYMLINK_NOFOLLOW) < 0 ? -errno
											    : 0;
}

int leftover_secure(const char *directory, struct error *error)
{
	static const struct walk walk = {.file = restrict_mode, .enter = restrict_mode};

	if (cage_give(directory, 0, error) < 0)
		return error->code;
	int code = walk_tree(&walk, AT_FDCWD, directory, -1, NULL);

	return code ? error_errno(error, code, 0, "Cannot change modes in %s", directory) : 0;
}
