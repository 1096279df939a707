/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removals, which come last in a plan. */
#pragma once

#include "plan/planner.h"

/* Adds what was put off until after depmod: removal of builds, forgetting of modules. */
void plan_put_off_jobs(struct planner *planner);
