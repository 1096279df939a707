/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interprets the words of a command line: modules, versions and kernels. */
#pragma once

#include "cli/invocation.h"

/*
 * Fills invocation->kernels. "K/A" names both; one -a serves several -k, several need one for each
 * (EXIT_USAGE). EXIT_EMPTY_KERNEL for an empty one; --all with -k, -a or an action that has no
 * --all is refused with its own status.
 */
int kernels_resolve(struct invocation *invocation, struct error *error);

/*
 * Each word is, in this order: an action; a dkms.conf (its directory is a source); a directory
 * with a dkms.conf; another file (an archive); a module or M/V pair, of which the first counts.
 * EXIT_BROKEN (4) for two actions, EXIT_NOT_FOUND (2) for an unknown or missing one.
 */
int words_resolve(struct invocation *invocation, struct error *error);
