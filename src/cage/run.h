/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For cage/cage.c. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "cage/cage.h"

/*
 * Goes into a full cage and gives up all rights, as cage_run() does, and starts nothing there.
 * *ret_impossible: the kernel always refuses.
 */
int cage_try(const struct cage *cage, bool *ret_impossible, struct error *error);
