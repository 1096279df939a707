/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the planner's parts: facts, read once, and the list of planned jobs. */
#pragma once

#include "kernel/kernel.h"
#include "plan/planner.h"

void planner_forget_evaluations(struct planner *planner);

#define PLAN_NONE ((size_t)-1)

/* The results of a job that other jobs look for. */
enum planned {
	PLANNED_ADD,
	PLANNED_IMPORT, /* of a source from elsewhere, before it is added */
	PLANNED_BUILD,
	PLANNED_SIGN,
	PLANNED_INSTALL,
	PLANNED_UNINSTALL,
	PLANNED_DEPMOD,  /* due for a kernel; the job comes at the end */
	PLANNED_HEADERS, /* the failure that reports missing headers */
	PLANNED_BROKEN,  /* a version that was warned of */
};

/* The index of the job that does it, or PLAN_NONE. id and kernel may be NULL, as remembered. */
size_t planner_find(const struct planner *planner, enum planned what, const struct module_id *id,
		    const struct kernel_id *kernel);
void planner_remember(struct planner *planner, enum planned what, const struct module_id *id,
		      const struct kernel_id *kernel, size_t job);

/* The planned install of any version of a module, or PLAN_NONE. */
size_t planner_find_provider(const struct planner *planner, const char *name,
			     const struct kernel_id *kernel);

/* Adds a line for stdout, or a failure (which takes the error's content) in its place. */
size_t planner_notice(struct planner *planner, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
size_t planner_fail(struct planner *planner, const struct module_id *id, struct error *error);

/* The kernel with its facts, kept by the plan. */
int planner_kernel(struct planner *planner, const struct kernel_id *id,
		   const struct kernel **ret_kernel, struct error *error);

/*
 * The package of M/V for a kernel: conf file read, exclusions applied, kept by the plan. In
 * checked form (for add, build, install) duplicates in the conf are refused too.
 */
int planner_package(struct planner *planner, const struct module_id *id,
		    const struct kernel *kernel, bool checked, const struct package **ret_package,
		    struct error *error);

/* EXIT_BROKEN unless the dkms.conf that would be read is a file. */
int planner_require_conf(const struct planner *planner, const struct module_id *id,
			 struct error *error);
/* EXIT_TREE, EXIT_BROKEN or 0. Something that will be added by this plan is usable. */
int planner_require_usable(const struct planner *planner, const struct module_id *id,
			   struct error *error);
