/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that runs leave for later ones: temporary files of dead runs, and depmod that is due. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"
#include "model/settings.h"

/*
 * Removes temporary files and directories (.dkms-KIND-<hex>) from the tree, its modules and
 * versions and the source tree, and directories of modules and versions that hold nothing. Keeps
 * the old content of transactions (.dkms-old…) and the views of builds, which build/workspace.h
 * removes. Call this with the lock of the tree, after transactions_recover(): then nobody else can
 * be writing there.
 */
int leftovers_remove(const struct settings *settings, struct error *error);

/* True for the name of a temporary file or directory that may go; false for old content. */
bool leftovers_is_one(const char *name);

/* Removes one path and, in the tree, the directories above it that are empty then. */
int leftovers_discard(const struct settings *settings, const char *path, struct error *error);

/*
 * Kernels whose depmod is still due: a mark <tree>/.dkms/depmod/K. The mark is set before a change
 * that needs depmod, and cleared after depmod ran. Setting and clearing twice is fine.
 */
int pending_depmod_set(const struct settings *settings, const char *release, struct error *error);
bool pending_depmod_is_set(const struct settings *settings, const char *release);
int pending_depmod_clear(const struct settings *settings, const char *release, struct error *error);
int pending_depmod_list(const struct settings *settings, struct strv *releases,
			struct error *error);
/*
 * keep: depmod failed for the change of an earlier run, so the mark stays. withdraw: a run has
 * undone its own change, and clears the mark unless it is kept.
 */
int pending_depmod_keep(const struct settings *settings, const char *release, struct error *error);
int pending_depmod_withdraw(const struct settings *settings, const char *release,
			    struct error *error);
