/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals and deadlines for poll loops. After interrupt_install(), SIGINT, SIGTERM and SIGHUP no
 * longer end the process: they are blocked and arrive on a descriptor that poll loops watch. A
 * second signal changes nothing, so that a rollback under way is never cut short. Children made
 * with base/process start with all signals as usual.
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
 * poll() until something is ready (a positive number), with a deadline as below. The last of
 * waits is for interrupt_fd(). Returns -ETIMEDOUT, -EINTR when asked to stop, or the
 * error of poll().
 */
int interrupt_poll(struct pollfd *waits, unsigned int count, int64_t deadline);
/* In a forked worker: the signals end the process again. */
void interrupt_reset(void);
/* Sets an error with exit status 128 + the signal that arrived. */
int interrupt_error(struct error *error);

/* Deadlines, in milliseconds of a clock that nobody sets. 0 is none. */

/* The time of that clock. */
int64_t deadline_now(void);

/* So many seconds from now; 0 for 0. */
int64_t deadline_after(unsigned int seconds);
int64_t deadline_after_ms(int milliseconds);
/* Milliseconds that are left, at least 0; -1 without a deadline. */
int deadline_remaining(int64_t deadline);
