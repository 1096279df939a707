/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/rebuild.h"

#include "base/text.h"
#include "plan/build.h"
#include "plan/install.h"
#include "tree/registry.h"

static bool was_built_against_another(const struct planner *planner, const struct module_id *id,
				      const struct kernel *kernel,
				      const struct module_id *dependency)
{
	cleanup(free_string) char *version = registry_dependency_version(
		planner->settings, id, &kernel->id, dependency->name);

	return !text_equal(version, dependency->version);
}

static bool wants_rebuild(struct planner *planner, const struct module_id *id,
			  const struct kernel *kernel, const struct module_id *dependency)
{
	const struct package *package;
	cleanup(error_clear) struct error ignored = {0};

	if (text_equal(id->name, dependency->name) ||
	    !registry_is_built(planner->settings, id, &kernel->id) ||
	    planner_find(planner, PLANNED_BUILD, id, &kernel->id) != PLAN_NONE)
		return false;
	if (planner_package(planner, id, kernel, false, &package, &ignored) < 0)
		return false;
	return package->build_depends_rebuild &&
	       strv_contains(&package->build_depends, dependency->name) &&
	       was_built_against_another(planner, id, kernel, dependency);
}

static int plan_rebuild(struct planner *planner, const struct module_id *id,
			const struct kernel *kernel, size_t install, struct error *error)
{
	bool installed = registry_is_installed(planner->settings, id, &kernel->id);
	size_t build, again;

	if (plan_build(planner, id, &kernel->id, true, &build, error) < 0)
		return error->code;
	plan_add_edge(planner->plan, build, install, true);
	return installed ? plan_reinstall(planner, id, &kernel->id, &again, error) : 0;
}

/* Builds it, and installs it again where what is installed is of a source that was replaced. */
static int build(struct planner *planner, const struct module_id *id,
		 const struct kernel_id *kernel, size_t *ret_job, struct error *error)
{
	bool reinstall = registry_is_installed(planner->settings, id, kernel) &&
			 plan_is_stale(planner, id, kernel);
	size_t install;

	if (plan_build(planner, id, kernel, planner->force, ret_job, error) < 0)
		return error->code;
	return reinstall ? plan_reinstall(planner, id, kernel, &install, error) : 0;
}

void planner_build(struct planner *planner, const struct module_id *id,
		   const struct kernel_id *kernel)
{
	struct error error = {0};
	size_t job;

	if (build(planner, id, kernel, &job, &error) < 0)
		(void)planner_fail(planner, id, &error);
	else if (job == PLAN_NONE)
		(void)planner_notice(planner,
				     "Module %s/%s already built for kernel %s (%s), skip."
				     " You may override by specifying --force.",
				     id->name, id->version, kernel->release, kernel->arch);
}

static void look_at_versions(struct planner *planner, const char *name,
			     const struct module_id *dependency, const struct kernel *kernel,
			     size_t install)
{
	cleanup(strv_free) struct strv versions = {0};
	struct error error = {0};
	char *version;

	if (registry_list_versions(planner->settings, name, &versions, &error) < 0)
		(void)planner_fail(planner, dependency, &error);
	STRV_FOREACH (version, &versions) {
		const struct module_id id = {(char *)name, version};

		if (wants_rebuild(planner, &id, kernel, dependency) &&
		    plan_rebuild(planner, &id, kernel, install, &error) < 0)
			(void)planner_fail(planner, &id, &error);
	}
}

void plan_rebuilds(struct planner *planner, const struct module_id *id, const struct kernel *kernel,
		   size_t install)
{
	cleanup(strv_free) struct strv names = {0};
	struct error error = {0};
	const char *name;

	if (registry_list_modules(planner->settings, &names, &error) < 0)
		(void)planner_fail(planner, id, &error);
	STRV_FOREACH (name, &names)
		look_at_versions(planner, name, id, kernel, install);
}
