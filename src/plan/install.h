/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Installing as a step of other plans, building dependent modules again, and signing again. */
#pragma once

#include "base/error.h"
#include "kernel/kernel.h"
#include "model/identity.h"
#include "plan/planner.h"

/*
 * True if it is installed, not only by the tree: built from the source that is registered now, and
 * with its files in place. If modules.dep does not list them, the plan runs depmod.
 */
bool plan_is_installed(struct planner *planner, const struct module_id *id,
		       const struct kernel *kernel);

/* The job that installs M/V on a kernel, built first where it is not; PLAN_NONE if it is there. */
int plan_install(struct planner *planner, const struct module_id *id,
		 const struct kernel_id *kernel_id, size_t *ret_job, struct error *error);
