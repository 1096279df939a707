/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carrying out a journal and taking it back. For src/journal alone: others use
 * journal/transaction.h.
 *
 * Every step may be repeated: what is left to do is seen from which of the three names (target,
 * staged, backup) of an operation exist. So a step that a crash cut off is simply done again by
 * the next process. The caller holds journal_lock().
 */
#pragma once

#include "base/error.h"
#include "journal/journal.h"

/*
 * Makes the change that an applying journal describes. It is durable on return. After a failure the
 * caller must roll the journal back.
 */
int journal_apply(const struct journal *journal, struct error *error);

/*
 * Settling: the new state stays (commit), or the old one comes back, however far the change got
 * (rollback; what is committed already stays so). Then what was left beside the targets is cleared
 * away, with the journal's file (journal->path is NULL then). What cannot be cleared away is no
 * error: the file stays, and settling it again tries again.
 */
int journal_commit(struct journal *journal, struct error *error);
int journal_rollback(struct journal *journal, struct error *error);
