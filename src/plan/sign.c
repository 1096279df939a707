/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Planning new signatures for what is built: no source, headers or compiler is needed. */
#include "plan/install.h"
#include "sign/signing.h"
#include "tree/registry.h"

static int plan_sign(struct planner *planner, const struct module_id *id,
		     const struct kernel_id *kernel_id, struct error *error)
{
	const struct kernel *kernel;
	size_t sign, install;

	if (planner_require_usable(planner, id, error) < 0 ||
	    planner_kernel(planner, kernel_id, &kernel, error) < 0)
		return error->code;
	cleanup(free_string) char *unwanted = signing_unwanted(planner->settings, kernel);

	if (unwanted) {
		(void)planner_notice(planner, "%s", unwanted);
		return 0;
	}
	sign = plan_add_job(planner->plan, JOB_SIGN, id, kernel);
	planner_remember(planner, PLANNED_SIGN, id, kernel_id, sign);
	if (!registry_is_installed(planner->settings, id, kernel_id))
		return 0;
	return plan_reinstall(planner, id, kernel_id, &install, error);
}

void planner_sign(struct planner *planner, const struct module_id *id,
		  const struct kernel_id *kernel)
{
	struct error error = {0};

	if (registry_version_state(planner->settings, id) != VERSION_UNKNOWN &&
	    !registry_is_built(planner->settings, id, kernel))
		(void)planner_notice(planner,
				     "Module %s/%s is not built for kernel %s (%s). Skipping...",
				     id->name, id->version, kernel->release, kernel->arch);
	else if (plan_sign(planner, id, kernel, &error) < 0)
		(void)planner_fail(planner, id, &error);
}
