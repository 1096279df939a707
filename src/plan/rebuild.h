/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BUILD_DEPENDS_REBUILD: what was built against another version of a dependency. */
#pragma once

#include "plan/facts.h"

/*
 * After the job that installs M/V on a kernel: plans to build again (and install again, where it
 * is installed) every module that asks for it and was built against another version of M.
 */
void plan_rebuilds(struct planner *planner, const struct module_id *id, const struct kernel *kernel,
		   size_t install);
