/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One lock per tree for everything that changes it. Readers need none. The lock file
 * <tree>/.dkms/lock holds "PID ACTION" of its holder for the message of those who wait.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"
#include "model/settings.h"

struct tree_lock;

/*
 * Waits at most timeout_seconds (-1: for ever, 0: not at all) and says for whom. A dkms that was
 * started by a script of the holder shares the holder's lock (DKMS_LOCK_HOLDER in the environment
 * names an ancestor that really holds it). EXIT_LOCKED on timeout; EXIT_USAGE for a tree that
 * cannot be written.
 */
int tree_lock_take(const struct settings *settings, const char *action, int timeout_seconds,
		   struct reporter *reporter, struct tree_lock **ret_lock, struct error *error);
/* True if the lock is an ancestor's: then recovery of its work is not ours. */
bool tree_lock_is_shared(const struct tree_lock *lock);
void tree_lock_release(struct tree_lock *lock);
DEFINE_CLEANUP(struct tree_lock *, tree_lock_release)
