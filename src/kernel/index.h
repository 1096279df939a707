/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The modules.* files of a kernel, which depmod writes anew one by one and leaves cut short when
 * the disk is full. They are kept as links in <module directory>/.dkms-index-<random> until depmod
 * is known to have succeeded; each rename of depmod's takes its name away from the old file only.
 *
 *	index_keep()		sweeps what a dead run kept, too
 *	index_sync()		after a depmod that has succeeded, which syncs nothing itself
 *	index_forget() or index_restore()
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"

struct kept_index {
	char *module_directory;
	char *directory; /* of the links */
	struct strv names;
};

int index_keep(const char *module_directory, struct kept_index *ret_kept, struct error *error);
/* What depmod wrote, and under which names, is on the disk. */
int index_sync(const struct kept_index *kept, struct error *error);
/* The old files get their names back; files that were not there before go. */
int index_restore(struct kept_index *kept, struct error *error);
int index_forget(struct kept_index *kept, struct error *error);

/* Removes what was kept in a module directory by runs that are over. */
int index_sweep(const char *module_directory, struct error *error);
