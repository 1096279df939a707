/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uninstalling as a step of other plans. */
#pragma once

#include "plan/facts.h"

/* The job that uninstalls M/V, which is installed on this kernel. */
size_t plan_uninstall(struct planner *planner, const struct module_id *id,
		      const struct kernel *kernel);

/* Adds what was put off until after depmod: removal of builds, forgetting of modules. */
void plan_put_off_jobs(struct planner *planner);
