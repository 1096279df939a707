/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/leftover.h"

#include <errno.h>
#include <fts.h>
#include <sys/stat.h>

#include "cage/cage.h"

enum { HARMLESS = 0755 };

static int restrict_mode(const FTSENT *entry)
{
	mode_t mode = entry->fts_statp->st_mode;

	if (entry->fts_info == FTS_DP || S_ISLNK(mode) || !(mode & 07777 & ~HARMLESS))
		return 0;
	return chmod(entry->fts_accpath, mode & HARMLESS) < 0 ? -errno : 0;
}

static int restrict_modes(const char *directory)
{
	char *const paths[] = {(char *)directory, NULL};
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *entry;
	int code = 0;

	if (!walk)
		return -errno;
	for (errno = 0; !code && (entry = fts_read(walk)); errno = 0) {
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
		    entry->fts_info == FTS_NS)
			code = -entry->fts_errno;
		else
			code = restrict_mode(entry);
	}
	if (!code && errno)
		code = -errno;
	(void)fts_close(walk);
	return code;
}

int leftover_secure(const char *directory, struct error *error)
{
	if (cage_give(directory, 0, error) < 0)
		return error->code;
	int code = restrict_modes(directory);

	return code ? error_errno(error, code, 0, "Cannot change modes in %s", directory) : 0;
}
