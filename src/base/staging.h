/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A private directory (mode 0700) that its owner holds locked, so that what a dead process left
 * can be told from what is in use. Its name is <parent>/.dkms-KIND-<16 hex digits>. The lock is
 * shared with forked processes and ends with the last of them.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct staging {
	char *path; /* NULL: closed */
	int lock;
};

/* Sweeps the parent first. */
int staging_open(const char *parent, const char *kind, struct staging *ret_staging,
		 struct error *error);

/* Removes it with all it holds, as far as that can be done. Does nothing to a closed one. */
void staging_close(struct staging *staging);

/* True if the directory's owner is alive. */
bool staging_is_in_use(const char *path);

/* Removes those of this kind and user whose owners are gone. Best effort: a next time will come. */
void staging_sweep(const char *parent, const char *kind);
