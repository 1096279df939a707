/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memory.h"
#include "base/text.h"
#include "inspect/check.h"
#include "plan/facts.h"
#include "plan/install.h"

static void discard(struct planner *planner, const struct check_finding *finding)
{
	size_t job = plan_add_job(planner->plan, JOB_DISCARD, &finding->id, NULL);

	planner->plan->jobs[job].text = xstrdup(finding->path);
}

/* Without force: a module that was refused for the kernel's own sake is refused again. */
static void reinstall(struct planner *planner, const struct check_finding *finding)
{
	struct error error = {0};
	size_t job;

	if (plan_reinstall(planner, &finding->id, &finding->kernel, &job, &error) < 0)
		(void)planner_fail(planner, &finding->id, &error);
}

static void work_on_kernel(struct planner *planner, enum job_kind kind,
			   const struct check_finding *finding)
{
	const struct kernel *kernel;
	struct error error = {0};

	if (planner_kernel(planner, &finding->kernel, &kernel, &error) < 0)
		(void)planner_fail(planner, &finding->id, &error);
	else
		(void)plan_add_job(planner->plan, kind, &finding->id, kernel);
}

static bool is_reinstall(const struct check_finding *finding, const struct check_finding *other)
{
	return other->repair == REPAIR_REINSTALL &&
	       text_equal(other->kernel.release, finding->kernel.release) &&
	       (!finding->id.name || text_equal(other->id.name, finding->id.name));
}

/* An install ends with depmod, and a module that is installed keeps its originals archived. */
static bool is_done_by_another(const struct check_findings *findings,
			       const struct check_finding *finding)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct check_finding *other = &findings->items[i];

		if (is_reinstall(finding, other))
			return true;
		if (finding->repair == REPAIR_DEPMOD && other->repair == REPAIR_RESTORE &&
		    text_equal(other->kernel.release, finding->kernel.release))
			return true;
	}
	return false;
}

static void repair(struct planner *planner, const struct check_findings *findings,
		   const struct check_finding *finding)
{
	switch (finding->repair) {
	case REPAIR_DISCARD:
		discard(planner, finding);
		break;
	case REPAIR_ADD:
		planner_add(planner, &finding->id);
		break;
	case REPAIR_REINSTALL:
		reinstall(planner, finding);
		break;
	case REPAIR_RESTORE:
		if (!is_done_by_another(findings, finding))
			work_on_kernel(planner, JOB_RESTORE, finding);
		break;
	case REPAIR_DEPMOD:
		if (!is_done_by_another(findings, finding))
			work_on_kernel(planner, JOB_DEPMOD, finding);
		break;
	case REPAIR_BY_HAND:
	case REPAIR_NEXT_RUN:
		break;
	}
}

bool check_can_repair(const struct check_finding *finding, bool force)
{
	return finding->repair != REPAIR_BY_HAND && finding->repair != REPAIR_NEXT_RUN &&
	       (!finding->costs || force);
}

void planner_repair(struct planner *planner, const struct check_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct check_finding *finding = &findings->items[i];

		if (!check_can_repair(finding, planner->force))
			continue;
		(void)planner_notice(planner, "Repairing %s: %s.", finding->path, finding->message);
		repair(planner, findings, finding);
	}
}
