/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's slots, as a GNU make jobserver that the engine owns: a pipe with one byte a slot.
 * The engine takes a slot for each build it starts, which is the slot that a make has without
 * asking; all further ones make takes from and gives back to the pipe itself (GNU make manual,
 * "POSIX Jobserver").
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/staging.h"

struct jobserver {
	int ends[2];         /* read, write: what makes inherit; {-1, -1}: no limit */
	char *fifo;          /* the pipe's name, for whoever opens it; NULL: it has none */
	struct staging home; /* where it is: root alone gets there */
	int own_end;         /* the read end again, opened so that it never waits */
	int slots;
};

/*
 * slots 0: no limit, and no pipe; more than 4096 are that many. directory: where the pipe may have
 * a name; NULL: it needs none. It gets none either where that cannot be done.
 */
int jobserver_open(struct jobserver *jobserver, int slots, const char *directory,
		   struct error *error);
/* Takes a slot without waiting; always true without a limit. */
bool jobserver_take(struct jobserver *jobserver);
void jobserver_give_back(struct jobserver *jobserver);
/* While no build runs: puts back the slots that killed makes took with them. After the death of one
 * the engine lets the others end and starts none, so that this can be done. */
void jobserver_refill(struct jobserver *jobserver);
void jobserver_close(struct jobserver *jobserver);
