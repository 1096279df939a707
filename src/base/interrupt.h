/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIGINT, SIGTERM and SIGHUP as data. After interrupt_install() they no longer end the process:
 * they are blocked and arrive on a descriptor that poll loops watch. A second signal changes
 * nothing, so that a rollback under way is never cut short. Children made with base/process
 * start with all signals as usual.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

int interrupt_install(struct error *error);
/* Readable once a signal has arrived; -1 before interrupt_install(). */
int interrupt_fd(void);
/* The first signal that arrived, or 0. Does not wait. */
int interrupt_pending(void);
/*
 * poll() until something is ready (a positive number), with a deadline of base/deadline.h. The last
 * of waits is for interrupt_fd(). -ETIMEDOUT, -EINTR when asked to stop, or what else poll() says.
 */
int interrupt_poll(struct pollfd *waits, unsigned int count, int64_t deadline);
/* In a forked worker: the signals end the process again. */
void interrupt_reset(void);
/* Sets an error with exit status 128 + the signal that arrived. */
int interrupt_error(struct error *error);
