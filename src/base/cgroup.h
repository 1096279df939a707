/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the control groups that this process is in leave it, of version 1 and 2. */
#pragma once

/*
 * For how many processors the time is enough that the group and those above it are given, rounded
 * up; 0: no limit. root stands before /proc and /sys, for tests; "" otherwise.
 */
int cgroup_processors(const char *root);
