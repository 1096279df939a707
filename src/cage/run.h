/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running one command in a cage that is open, for cage/cage.c. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/process.h"
#include "cage/request.h"

/* Does the work of cage_run() for CAGE_FULL. */
int run_caged(const struct cage *cage, const struct process *process, const int keep_fds[2],
	      int *ret_status, struct error *error);

/* The same for the other kinds. */
int run_uncaged(const struct cage *cage, const struct process *process, int *ret_status,
		struct error *error);

/*
 * Goes into a full cage and gives up all rights, as cage_run() does, and starts nothing there.
 * *ret_impossible: the kernel always refuses.
 */
int cage_try(const struct cage *cage, bool *ret_impossible, struct error *error);
