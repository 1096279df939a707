/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One lock per tree for everything that changes it. Readers need none. It is an flock(2) on
 * <tree>/.dkms/lock, so it ends with the process, and with the last of the workers it forked,
 * however they end. The holder writes "PID ACTION" into the file for those who wait and for its own
 * descendants. The second line holds its start time, as in /proc/PID/stat.
 *
 * Anybody who can open a file can lock it. So all locks are files of mode 0600 in <tree>/.dkms,
 * which is root's alone.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"
#include "model/settings.h"

struct tree_lock;

/*
 * Waits at most timeout_seconds (-1: for ever, 0: not at all) and warns of whom it waits for. A
 * signal that base/interrupt watches ends the wait. A missing tree is made. A dkms that was
 * started by a script of the holder, however deep down, shares the holder's lock instead of
 * waiting for it. EXIT_LOCKED on timeout; EXIT_USAGE for a tree that cannot be written.
 */
int tree_lock_take(const struct settings *settings, const char *action, int timeout_seconds,
		   struct reporter *reporter, struct tree_lock **ret_lock, struct error *error);

/* True if the lock is an ancestor's: then recovery of its work is not ours. */
bool tree_lock_is_shared(const struct tree_lock *lock);

/* True while a process holds the lock that lives. Takes nothing, and waits for nobody. */
bool tree_lock_is_held(const struct settings *settings);
/* The same, of another process than this one. */
bool tree_lock_is_anothers(const struct settings *settings);

/* In a forked worker it frees the memory only: the lock stays with the one who took it. */
void tree_lock_release(struct tree_lock *lock);
DEFINE_CLEANUP(struct tree_lock *, tree_lock_release)

/*
 * A lock on one thing ("build foo/1.0") that workers of one run share out among themselves. It ends
 * with the descriptor that is returned. Without wait, -EAGAIN if another process has it.
 */
int tree_lock_part(const struct settings *settings, const char *thing, bool wait,
		   struct error *error);
