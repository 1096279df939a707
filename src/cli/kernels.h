/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pairing -k and -a, and their defaults. */
#pragma once

#include "cli/invocation.h"

/*
 * Fills invocation->kernels. "K/A" names both; one -a serves several -k, several need one for each
 * (EXIT_USAGE). EXIT_EMPTY_KERNEL for an empty one; --all with -k, -a or an action that has no
 * --all is refused with its own status.
 */
int kernels_resolve(struct invocation *invocation, struct error *error);
