/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Planning installs. */
#include "plan/install.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/rebuild.h"
#include "tree/registry.h"

/* What an installed package needs to be read for: its destinations and scripts. */
static int check_install(struct planner *planner, const struct module_id *id,
			 const struct kernel *kernel, const struct package **ret_package,
			 struct error *error)
{
	if (kernel_require_module_directory(kernel, error) < 0 ||
	    planner_package(planner, id, kernel, true, ret_package, error) < 0)
		return error->code;
	if ((*ret_package)->excluded)
		return error_set(error, -EOPNOTSUPP, EXIT_EXCLUDED,
				 "%s/%s is not meant for this kernel and is not installed.\n%s",
				 id->name, id->version, (*ret_package)->exclusion_reason);
	return 0;
}

static void wait_for(struct planner *planner, size_t job, size_t earlier)
{
	if (earlier != PLAN_NONE)
		plan_add_edge(planner->plan, job, earlier, true);
}

/* An active link that has outlived its build comes to life with the new one. */
static bool has_link(const struct planner *planner, const struct module_id *id,
		     const struct kernel_id *kernel)
{
	cleanup(free_string) char *linked = registry_linked_version(planner->settings, id->name,
								    kernel);

	return text_equal(linked, id->version);
}

static int plan_install_job(struct planner *planner, const struct module_id *id,
			    const struct kernel_id *kernel_id, bool again, size_t *ret_job,
			    struct error *error)
{
	const struct kernel *kernel;
	const struct package *package = NULL;
	const struct module_id any = {.name = id->name, .version = (char *)""};
	bool installed = registry_is_installed(planner->settings, id, kernel_id);
	size_t build;

	*ret_job = planner_find(planner, "install", id, kernel_id);
	if (*ret_job != PLAN_NONE)
		return 0;
	if (installed && !again)
		return planner_require_usable(planner, id, error) < 0
			       ? error->code
			       : planner_require_conf(planner, id, error);
	if (plan_build(planner, id, kernel_id, false, &build, error) < 0 ||
	    planner_kernel(planner, kernel_id, &kernel, error) < 0 ||
	    check_install(planner, id, kernel, &package, error) < 0)
		return error->code;
	size_t sign = planner_find(planner, "sign", id, kernel_id);

	*ret_job = plan_add_job(planner->plan, JOB_INSTALL, id, kernel);
	struct job *job = &planner->plan->jobs[*ret_job];

	job->package = package;
	job->again = installed || has_link(planner, id, kernel_id);
	job->force = planner->force;
	job->force_version_override = planner->force_version_override;
	wait_for(planner, *ret_job, build);
	wait_for(planner, *ret_job, sign);
	planner_remember(planner, "install", id, kernel_id, *ret_job);
	planner_remember(planner, "provides", &any, kernel_id, *ret_job);
	plan_rebuilds(planner, id, kernel, *ret_job);
	return 0;
}

int plan_install(struct planner *planner, const struct module_id *id,
		 const struct kernel_id *kernel_id, size_t *ret_job, struct error *error)
{
	return plan_install_job(planner, id, kernel_id, planner->force, ret_job, error);
}

int plan_reinstall(struct planner *planner, const struct module_id *id,
		   const struct kernel_id *kernel_id, size_t *ret_job, struct error *error)
{
	return plan_install_job(planner, id, kernel_id, true, ret_job, error);
}

void planner_install(struct planner *planner, const struct module_id *id,
		     const struct kernel_id *kernel)
{
	struct error error = {0};
	size_t job;

	if (plan_install(planner, id, kernel, &job, &error) < 0)
		(void)planner_fail(planner, id, &error);
	else if (job == PLAN_NONE)
		(void)planner_notice(planner,
				     "Module %s/%s already installed on kernel %s (%s), skip."
				     " You may override by specifying --force.",
				     id->name, id->version, kernel->release, kernel->arch);
}
