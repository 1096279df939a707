/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control group for one build: how many processes it may have, and how much memory they may take
 * together. Version 2 needs a group above this process's that hands out the controllers, as those
 * of systemd do; version 1 needs its hierarchies at their usual places.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum group_controller { GROUP_MEMORY, GROUP_PIDS, GROUP_CONTROLLERS };

struct build_group {
	char *directories[GROUP_CONTROLLERS]; /* NULL: not possible here; both may be the same */
	int held[GROUP_CONTROLLERS]; /* their locks, which keep others from removing them */
	bool second;                 /* version 2 */
};

/*
 * limits: 0 is none. *ret_group has what is possible; what was possible before (wanted) and fails
 * now is an error. root stands before /proc and /sys, for tests; "" otherwise.
 */
int group_make(const char *root, const uint64_t limits[GROUP_CONTROLLERS],
	       const bool wanted[GROUP_CONTROLLERS], struct build_group *ret_group,
	       struct error *error);
/* This process moves into it. */
int group_join(const struct build_group *group);
/* How often something in the group was refused or killed for the limit. */
unsigned long group_count_hits(const struct build_group *group, enum group_controller controller);
/* When no process is in it. Does nothing to an empty one. */
void group_remove(struct build_group *group);
