/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One job in a forked process that leads a process group of its own. */
#pragma once

#include <sys/types.h>

#include "engine/channel.h"
#include "engine/work.h"

struct worker {
	pid_t pid; /* 0: none */
	int fd;    /* read end of its channel; -1: at its end */
	struct channel_reader reader;
};

int worker_start(struct worker *worker, const struct job *job, const struct work_context *context,
		 struct error *error);
/* Takes in what can be read now; at the channel's end the descriptor is closed. */
void worker_read(struct worker *worker, struct reporter *reporter);
/*
 * After the channel's end: waits for the process, kills what is left of its group, and gives the
 * job's result. A worker that died before it could tell one has failed.
 */
int worker_finish(struct worker *worker, const struct job *job, struct error *error);
/* signal to the worker and all its children. */
void worker_signal(const struct worker *worker, int number);
