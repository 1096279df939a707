/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/check_class.h"

#include "base/text.h"
#include "plan/facts.h"
#include "plan/planner.h"

static struct criticality classify(struct planner *planner, const struct boot_needs *needs,
				   const struct loading_report *report)
{
	struct built_module only = {.dest_name = report->id.name};
	const struct package named = {
		.modules = &only, .module_count = 1, .policy = planner->settings->policy};
	const struct package *package = NULL;
	const struct kernel *kernel = NULL;
	struct criticality criticality;
	cleanup(error_clear) struct error unreadable = {0};

	if (planner_kernel(planner, &report->kernel, &kernel, &unreadable) < 0 ||
	    planner_package(planner, &report->id, kernel, false, &package, &unreadable) < 0)
		package = &named;
	boot_needs_judge(needs, package, &criticality);
	return criticality;
}

/* All reports of one kernel. */
static void classify_kernel(struct planner *planner, struct loading *loading, const char *release)
{
	cleanup(boot_needs_free) struct boot_needs needs = {0};

	boot_needs_find(loading->settings, loading->distro, release, &needs);
	for (size_t i = 0; i < loading->count; i++)
		if (text_equal(loading->items[i].kernel.release, release))
			loading->items[i].criticality = classify(planner, &needs,
								 &loading->items[i]);
}

void check_classify(struct loading *loading)
{
	cleanup(plan_free) struct plan plan = {0};
	struct planner planner = {
		.settings = loading->settings, .distro = loading->distro, .plan = &plan};

	for (size_t i = 0; i < loading->count; i++) {
		const char *release = loading->items[i].kernel.release;
		bool known = false;

		for (size_t j = 0; j < i; j++)
			known |= text_equal(loading->items[j].kernel.release, release);
		if (!known)
			classify_kernel(&planner, loading, release);
	}
	planner_free(&planner);
}
