/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Temporary files that dead runs left. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
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
