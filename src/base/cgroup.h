/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the control groups that this process is in leave it, of version 1 and 2. */
#pragma once

#include <stdbool.h>

/* A file of a group's directory, owned by the caller; NULL if it cannot be read. */
char *cgroup_read(const char *directory, const char *name);

/*
 * The group that this process is in, as /proc says below root, owned by the caller: of a hierarchy
 * of version 1 by its controller, of version 2 by "". NULL: there is none.
 */
char *cgroup_own(const char *root, const char *controller);

/* Whether a list set apart by any of the separators has the word; list may be NULL. */
bool cgroup_lists(const char *list, const char *word, const char *separators);

/*
 * For how many processors the time is enough that the group and those above it are given, rounded
 * up; 0: no limit. root stands before /proc and /sys, for tests; "" otherwise.
 */
int cgroup_processors(const char *root);
