/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy of a module's source, which root makes of files that others may have written. Each file
 * is opened once; a link is never followed with root's rights.
 *
 * Links inside the source stay links. Where one leads out of it, the copy holds what any user of
 * the system finds there. A file is copied, and a directory becomes a link by its full path. What
 * is not there, or is a device, stays a link. A target that is closed to other users is
 * EXIT_BAD_CONF, with a message that names the link. So is a hard link to such a file. FIFOs,
 * sockets and devices are left out with a warning.
 */
#pragma once

#include "base/copy.h"
#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"

struct source_copy {
	const char *from; /* may be a link */
	const char *to;   /* must not exist */
	/* For each file and directory that is copied, as in base/copy.h; may be NULL. */
	int (*examine)(void *context, const char *path, int fd, struct error *error);
	void *context;
	struct reporter *reporter;
};

int source_copy_make(const struct source_copy *copy, struct error *error);

/* Adds the directories that links lead to out of a source and that everybody may read. */
int source_outside_directories(const char *from, struct strv *directories, struct error *error);
