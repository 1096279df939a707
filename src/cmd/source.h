/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source directory or archive in the module's place. */
#pragma once

#include "cmd/invocation.h"

/* If one was given: plans to import it and sets invocation->id to what its dkms.conf says. */
int source_resolve(struct invocation *invocation, struct planner *planner, struct error *error);
