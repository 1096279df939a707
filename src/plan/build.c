/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Planning builds: what must be true before a compiler is started. */
#include "plan/build.h"

#include <errno.h>

#include "plan/add.h"
#include "reuse/reuse.h"
#include "tree/registry.h"

/* A package whose rules exclude the kernel is skipped by status, not by silence. */
static int refuse_excluded(const struct package *package, struct error *error)
{
	if (!package->excluded)
		return 0;
	return error_set(error, -EOPNOTSUPP, EXIT_EXCLUDED,
			 "%s/%s is not meant for this kernel and was skipped.\n%s", package->name,
			 package->version, package->exclusion_reason);
}

int plan_require_headers(const struct planner *planner, const struct kernel *kernel,
			 struct error *error)
{
	cleanup(free_string) char *command = distro_headers_command(
		planner->settings, planner->distro, kernel->id.release);

	return kernel_require_headers(kernel, command, error);
}

bool plan_is_excluded(struct planner *planner, const char *name, const struct kernel *kernel)
{
	cleanup(strv_free) struct strv versions = {0};
	struct error ignored = {0};
	size_t excluded = 0;
	char *version;

	if (registry_list_versions(planner->settings, name, &versions, &ignored) < 0)
		error_clear(&ignored);
	STRV_FOREACH (version, &versions) {
		const struct module_id id = {(char *)name, version};
		const struct package *package;

		if (planner_package(planner, &id, kernel, false, &package, &ignored) < 0)
			error_clear(&ignored);
		else
			excluded += package->excluded;
	}
	return versions.count && excluded == versions.count;
}

/* Each dependency must be installed, or about to be by this plan. */
static int require_dependencies(struct planner *planner, const struct module_id *id,
				const struct package *package, const struct kernel *target,
				struct error *error)
{
	const struct kernel_id *kernel = &target->id;
	const char *dependency;

	STRV_FOREACH (dependency, &package->build_depends) {
		cleanup(free_string) char *active = registry_active_version(planner->settings,
									    dependency, kernel);

		if (active || planner_find_provider(planner, dependency, kernel) != PLAN_NONE ||
		    plan_is_excluded(planner, dependency, target))
			continue;
		if (planner->force) {
			report(planner->reporter, REPORT_WARNING,
			       "%s/%s needs %s, which is not installed for kernel %s; going on "
			       "because of --force.",
			       id->name, id->version, dependency, kernel->release);
			continue;
		}
		return error_set(error, -ENOENT, EXIT_DEPENDENCY,
				 "%s/%s needs %s, which is not installed for kernel %s (%s).\n"
				 "Install it first: dkms install %s/VERSION -k %s/%s",
				 id->name, id->version, dependency, kernel->release, kernel->arch,
				 dependency, kernel->release, kernel->arch);
	}
	return 0;
}

/* The build waits for dependencies that this plan installs. */
static void wait_for_dependencies(struct planner *planner, const struct package *package,
				  const struct kernel_id *kernel, size_t job)
{
	const char *dependency;

	STRV_FOREACH (dependency, &package->build_depends) {
		size_t provider = planner_find_provider(planner, dependency, kernel);

		if (provider != PLAN_NONE)
			plan_add_edge(planner->plan, job, provider, !planner->force);
	}
}

bool plan_may_pull(const struct planner *planner, const struct package *package)
{
	/* --force compiles, where anything is compiled. */
	return fleet_may_serve(planner->settings, package) &&
	       (!planner->force || fleet_must_serve(planner->settings, package));
}

/* If nothing may be compiled, another machine must have the build. */
static int require_remote(const struct planner *planner, const struct package *package,
			  struct error *error)
{
	if (!fleet_must_serve(planner->settings, package) ||
	    fleet_may_serve(planner->settings, package))
		return 0;
	if (package->post_build)
		return error_set(
			error, -EOPNOTSUPP, EXIT_NOT_PUBLISHED,
			"%s/%s cannot come from another machine: its POST_BUILD runs %s here, "
			"after it was compiled.",
			package->name, package->version, package->post_build);
	return error_set(error, -ENOENT, EXIT_NOT_PUBLISHED,
			 "%s/%s must come from another machine, but no remote is named.\n"
			 "Set remote in /etc/dkms/framework.conf, or name one with --remote.",
			 package->name, package->version);
}

/* Everything that can be known to be in the way before anything is done. */
static int check_build(struct planner *planner, const struct module_id *id,
		       const struct kernel *kernel, const struct package **ret_package,
		       struct error *error)
{
	if (planner_package(planner, id, kernel, true, ret_package, error) < 0 ||
	    refuse_excluded(*ret_package, error) < 0 ||
	    require_remote(planner, *ret_package, error) < 0 ||
	    (!plan_may_pull(planner, *ret_package) &&
	     plan_require_headers(planner, kernel, error) < 0))
		return error->code;
	return require_dependencies(planner, id, *ret_package, kernel, error);
}

struct reuse_candidate *plan_find_candidate(struct planner *planner, const struct module_id *id,
					    const struct package *package,
					    const struct kernel *kernel)
{
	struct reuse_request request = {
		.context = &planner->plan->reuse,
		.settings = planner->settings,
		.id = id,
		.package = package,
		.kernel = kernel,
	};
	const char *dependency;

	if (planner->force || planner_find(planner, PLANNED_IMPORT, id, NULL) != PLAN_NONE)
		return NULL;
	STRV_FOREACH (dependency, &package->build_depends) {
		request.dependencies_to_come |= planner_find_provider(planner, dependency,
								      &kernel->id) != PLAN_NONE;
	}
	return reuse_find(&request, planner->reporter);
}

bool plan_is_stale(const struct planner *planner, const struct module_id *id,
		   const struct kernel_id *kernel)
{
	return registry_is_built(planner->settings, id, kernel) &&
	       (registry_is_stale(planner->settings, id, kernel) ||
		planner_find(planner, PLANNED_IMPORT, id, NULL) != PLAN_NONE);
}

int plan_build(struct planner *planner, const struct module_id *id,
	       const struct kernel_id *kernel_id, bool force, size_t *ret_job, struct error *error)
{
	const struct kernel *kernel;
	const struct package *package;
	size_t add = planner_find(planner, PLANNED_ADD, id, NULL);
	bool known = registry_version_state(planner->settings, id) != VERSION_UNKNOWN;
	bool built = registry_is_built(planner->settings, id, kernel_id);

	force |= plan_is_stale(planner, id, kernel_id);
	*ret_job = planner_find(planner, PLANNED_BUILD, id, kernel_id);
	if (*ret_job != PLAN_NONE)
		return 0;
	if (known && planner_require_usable(planner, id, error) < 0)
		return error->code;
	if (!known && plan_require_source(planner, id, error) < 0)
		return error->code;
	if (built && !force)
		return planner_require_conf(planner, id, error);
	/* Adds also modules that this kernel cannot have, because another kernel may. */
	if (!known && plan_registration(planner, id, &add, error) < 0)
		return error->code;
	if (planner_kernel(planner, kernel_id, &kernel, error) < 0 ||
	    check_build(planner, id, kernel, &package, error) < 0)
		return error->code;
	*ret_job = plan_add_job(planner->plan, JOB_BUILD, id, kernel);
	planner->plan->jobs[*ret_job].package = package;
	planner->plan->jobs[*ret_job].force = built;
	if (!built)
		planner->plan->jobs[*ret_job].candidate = plan_find_candidate(planner, id, package,
									      kernel);
	planner->plan->jobs[*ret_job].pulled = plan_may_pull(planner, package);
	planner->plan->jobs[*ret_job].pulled_only = fleet_must_serve(planner->settings, package);
	if (planner->plan->jobs[*ret_job].pulled && !planner->plan->fleet)
		planner->plan->fleet = fleet_open(planner->settings, &planner->plan->reuse,
						  planner->reporter);
	if (add != PLAN_NONE)
		plan_add_edge(planner->plan, *ret_job, add, true);
	wait_for_dependencies(planner, package, kernel_id, *ret_job);
	planner_remember(planner, PLANNED_BUILD, id, kernel_id, *ret_job);
	return 0;
}
