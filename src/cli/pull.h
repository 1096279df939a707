/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modules that are named, of which this machine has no source, and that a remote may have built. */
#pragma once

#include "cli/invocation.h"

/*
 * Lays a source for M/V if there is none, and remotes are set. Does nothing in a dry run, or where
 * the module is known. Fails if no remote has it for any of the kernels.
 */
int sourceless_prepare(struct invocation *invocation, struct error *error);
