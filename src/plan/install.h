/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Installing as a step of other plans, building dependent modules again, and signing again. */
#pragma once

#include "base/error.h"
#include "kernel/kernel.h"
#include "model/identity.h"
#include "plan/planner.h"

/*
 * Whether it is installed to go by, not only by the tree: of the source that is registered now, and
 * its files are there. Where depmod has not heard of them, the plan will run it.
 */
bool plan_is_installed(struct planner *planner, const struct module_id *id,
		       const struct kernel *kernel);

/* The job that installs M/V on a kernel, built first where it is not; PLAN_NONE if it is there. */
int plan_install(struct planner *planner, const struct module_id *id,
		 const struct kernel_id *kernel_id, size_t *ret_job, struct error *error);
