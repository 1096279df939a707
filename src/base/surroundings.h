/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The surroundings of this process: descriptors, signals and variables of its caller, its
 * control groups (versions 1 and 2), and its processors.
 */
#pragma once

#include <stdbool.h>

/*
 * Puts in order what the caller left, before anything else is done. Standard streams are open;
 * other inherited descriptors close in children. No signal is blocked. Signals have their default
 * disposition: with SIGCHLD ignored, no child could be awaited. SIGHUP, SIGINT, SIGQUIT and SIGTERM
 * stay ignored for a caller that asked for that (nohup). New files are readable to all, and
 * writable to their owner alone. Options may stand behind other words.
 */
void surroundings_settle(void);

/* A file of a group's directory, owned by the caller; NULL if it cannot be read. */
char *cgroup_read(const char *directory, const char *name);

/*
 * The group that this process is in, as /proc says below root, owned by the caller. A hierarchy
 * of version 1 is named by its controller, that of version 2 by "". NULL: there is none.
 */
char *cgroup_own(const char *root, const char *controller);

/* Whether a list set apart by any of the separators has the word; list may be NULL. */
bool cgroup_lists(const char *list, const char *word, const char *separators);

/*
 * For how many processors the time is enough that the group and those above it are given, rounded
 * up; 0: no limit. root stands before /proc and /sys, for tests; "" otherwise.
 */
int cgroup_processors(const char *root);

/* How many processors this process may run on, as nproc counts them; at least 1. */
int processor_count(void);
