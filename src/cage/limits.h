/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limits of a build in a full cage (struct cage_limits), for cage/run.c. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "cage/request.h"

/* Counters of a build in progress. A child writes them and its parent reads them. */
struct cage_usage {
	int full;  /* a private directory had no room left when a failed command ended */
	int tried; /* a command looked for a way into the network, where there is none */
};

/* Opens and closes what watching needs, for a cage that is otherwise ready. */
int limits_open(const struct cage_request *request, struct cage *cage, struct error *error);
void limits_close(struct cage *cage);

/* In init, as root: limits of this process and its descendants. Returns -1 with errno. */
int limits_set(const struct cage *cage);
/* In init, without rights, at the end of a command: notes what is full, and whether the network was
 * tried. */
void limits_look(const struct cage *cage, bool failed);

/* Waits for init to end, and ends it where time or disk are used up, which is an error. */
int limits_wait(const struct cage *cage, pid_t pid, int *ret_status, struct error *error);
