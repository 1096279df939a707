/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memory.h"
#include "plan/check.h"
#include "plan/facts.h"

static void discard(struct planner *planner, const struct check_finding *finding)
{
	size_t job = plan_add_job(planner->plan, JOB_DISCARD, &finding->id, NULL);

	planner->plan->jobs[job].text = xstrdup(finding->path);
}

static void reinstall(struct planner *planner, const struct check_finding *finding)
{
	bool force = planner->force;

	planner->force = true;
	planner_install(planner, &finding->id, &finding->kernel);
	planner->force = force;
}

void planner_repair(struct planner *planner, const struct check_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct check_finding *finding = &findings->items[i];

		if (finding->repair == REPAIR_BY_HAND || finding->repair == REPAIR_NEXT_RUN)
			continue;
		(void)planner_notice(planner, "Repairing %s: %s.", finding->path, finding->message);
		if (finding->repair == REPAIR_DISCARD)
			discard(planner, finding);
		else if (finding->repair == REPAIR_ADD)
			planner_add(planner, &finding->id);
		else
			reinstall(planner, finding);
	}
}
