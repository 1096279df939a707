/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIGINT, SIGTERM and SIGHUP as data. After interrupt_install() they no longer end the process:
 * they are blocked and arrive on a descriptor that poll loops watch. A second signal changes
 * nothing, so that a rollback under way is never cut short. Children made with base/process
 * start with all signals as usual.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

int interrupt_install(struct error *error);
/* Readable once a signal has arrived; -1 before interrupt_install(). */
int interrupt_fd(void);
/* The first signal that arrived, or 0. Does not wait. */
int interrupt_pending(void);
/* In a forked worker: the signals end the process again. */
void interrupt_reset(void);
/* Sets an error with exit status 128 + the signal that arrived. */
int interrupt_error(struct error *error);
