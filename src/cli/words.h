/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the words on the command line mean. */
#pragma once

#include "cli/invocation.h"

/*
 * Each word is, in this order: an action; a dkms.conf (its directory is a source); a directory
 * with a dkms.conf; another file (an archive); a module or M/V pair, of which the first counts.
 * EXIT_BROKEN (4) for two actions, EXIT_NOT_FOUND (2) for an unknown or missing one.
 */
int words_resolve(struct invocation *invocation, struct error *error);
