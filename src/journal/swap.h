/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replacing a directory, or a directory by a file, so that the target is never missing. The new
 * content and the old content change places in one step (RENAME_EXCHANGE), then the old content
 * gets the name of the backup. For src/journal/apply.c alone.
 *
 * After a crash, dkms must tell the new content from the old. A file differs from a directory, and
 * a new directory holds an empty file .dkms-mark<N>-ID until the transaction is settled. File
 * systems that cannot exchange get two renames (journal/move.h).
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "journal/journal.h"

/* True for an operation that the calls below do. */
bool swap_is_due(const struct operation *operation);

/* Call and sync it before the first visible change. */
int swap_mark(const struct operation *operation, struct error *error);
int swap_apply(const struct operation *operation, struct error *error);
/* Undoes the swap, however far it got. */
int swap_undo(const struct operation *operation, struct error *error);
/* Does nothing for other operations. */
int swap_clear_marks(const struct operation *operation, struct error *error);
