/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building as a step of other plans. */
#pragma once

#include "plan/facts.h"

/* There is a build, but of a source that has been replaced, or will be by this plan. */
bool plan_is_stale(const struct planner *planner, const struct module_id *id,
		   const struct kernel_id *kernel);

/* EXIT_NO_HEADERS, with the command that installs them. */
/* Whether remotes are asked for a build, so that headers are needed only if none has it. */
bool plan_may_pull(const struct planner *planner, const struct package *package);

int plan_require_headers(const struct planner *planner, const struct kernel *kernel,
			 struct error *error);

/*
 * If every version of a module rules the kernel out, nobody waits for that module. As a dependency
 * it is satisfied, in build, install, autoinstall and preflight.
 */
bool plan_is_excluded(struct planner *planner, const char *name, const struct kernel *kernel);

/*
 * The job that builds M/V for a kernel, with all that it needs first; PLAN_NONE if it is built
 * already (and neither stale nor forced). Nothing is planned if anything is in the way.
 */
int plan_build(struct planner *planner, const struct module_id *id,
	       const struct kernel_id *kernel_id, bool force, size_t *ret_job, struct error *error);

/*
 * A build that will do in place of one for the kernel, owned by the caller. It is NULL if there
 * is none, and with --force, which asks for a compiler.
 */
struct reuse_candidate *plan_find_candidate(struct planner *planner, const struct module_id *id,
					    const struct package *package,
					    const struct kernel *kernel);
