/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The actions that change modules, and a source directory or archive in the module's place. */
#pragma once

#include "cli/invocation.h"

/*
 * Opens invocation->archive and plans to load it, and sets invocation->id. EXIT_BAD_CONF if it is
 * in the tree already. EXIT_NOT_FOUND if the command line named another module.
 */
int source_load(struct invocation *invocation, struct planner *planner, struct error *error);
