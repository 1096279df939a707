/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carrying out a journal and taking it back. For src/journal alone: others use
 * journal/transaction.h.
 *
 * Every step may be repeated: the names of an operation that exist (target, staged, backup) show
 * what is left to do. So the next process repeats a step that a crash cut off. The caller holds
 * journal_lock().
 */
#pragma once

#include "base/error.h"
#include "journal/journal.h"

/*
 * Makes the change that an applying journal describes, durable on return. After a failure the
 * caller must roll the journal back.
 */
int journal_apply(const struct journal *journal, struct error *error);

/*
 * Settling: the new state stays (commit), or the old state comes back, however far the change got
 * (rollback; a committed journal stays committed). Then the leftovers beside the targets are
 * removed and the journal's file (journal->path is NULL then). A leftover that cannot be removed is
 * no error: the file stays, and settling it again tries again.
 */
int journal_commit(struct journal *journal, struct error *error);
int journal_rollback(struct journal *journal, struct error *error);
