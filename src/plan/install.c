/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/install.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "install/difference.h"
#include "install/place.h"
#include "kernel/module_lists.h"
#include "plan/build.h"
#include "plan/facts.h"
#include "sign/signing.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* BUILD_DEPENDS_REBUILD: what was built against another version of a dependency. */

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
	return installed ? planner_reinstall(planner, id, &kernel->id, &again, error) : 0;
}

/* Builds it, and installs it again where the installed module is of a replaced source. */
static int build(struct planner *planner, const struct module_id *id,
		 const struct kernel_id *kernel, size_t *ret_job, struct error *error)
{
	bool reinstall = registry_is_installed(planner->settings, id, kernel) &&
			 plan_is_stale(planner, id, kernel);
	size_t install;

	if (plan_build(planner, id, kernel, planner->force, ret_job, error) < 0)
		return error->code;
	return reinstall ? planner_reinstall(planner, id, kernel, &install, error) : 0;
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

/*
 * Follows the job that installs M/V on a kernel. Plans to build every module again that asks
 * for it and was built against another version of M. Where such a module is installed, it is
 * installed again.
 */
static void plan_rebuilds(struct planner *planner, const struct module_id *id,
			  const struct kernel *kernel, size_t install)
{
	cleanup(strv_free) struct strv names = {0};
	struct error error = {0};
	const char *name;

	if (registry_list_modules(planner->settings, &names, &error) < 0)
		(void)planner_fail(planner, id, &error);
	STRV_FOREACH (name, &names)
		look_at_versions(planner, name, id, kernel, install);
}

/* Reads an installed package for its destinations and scripts. */
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

/* An active link that has outlived its build becomes valid with the new build. */
static bool has_link(const struct planner *planner, const struct module_id *id,
		     const struct kernel_id *kernel)
{
	cleanup(free_string) char *linked = registry_linked_version(planner->settings, id->name,
								    kernel);

	return text_equal(linked, id->version);
}

/* modules.dep of a kernel, read once for all modules; empty where depmod never ran. */
static const struct modules_dep *dep_of(struct planner *planner, const struct kernel *kernel)
{
	cleanup(error_clear) struct error ignored = {0};

	if (planner->dep_of == kernel)
		return planner->dep;
	if (planner->dep)
		modules_dep_free(planner->dep);
	else
		planner->dep = xcalloc(1, sizeof(*planner->dep));
	*planner->dep = (struct modules_dep){0};
	planner->dep_of = kernel;
	(void)modules_dep_read(kernel->module_directory, planner->dep, &ignored);
	return planner->dep;
}

/* True if modules.dep lists all modules of the build. */
static bool is_listed(struct planner *planner, const struct module_id *id,
		      const struct kernel *kernel)
{
	cleanup(free_string) char *product = layout_product_modules(planner->settings, id,
								    &kernel->id);
	const struct modules_dep *dep = dep_of(planner, kernel);
	cleanup(strv_free) struct strv files = {0};
	bool listed = true;
	const char *file;

	directory_list_if_possible(product, &files);
	STRV_FOREACH (file, &files)
		listed &= !dep->count || !strstr(file, ".ko") || modules_dep_find(dep, file);
	return listed;
}

/* Without a record of the install, every built module should be installed. */
static bool is_incomplete(const struct planner *planner, const struct module_id *id,
			  const struct kernel_id *kernel)
{
	struct install_comparison comparison = install_comparison_open(planner->settings,
								       planner->distro);
	cleanup(free_string) char *product = layout_product(planner->settings, id, kernel);
	const struct installed_build build = {
		.id = id, .kernel = kernel, .parent = AT_FDCWD, .product = product};
	struct install_difference difference = {0};
	cleanup(error_clear) struct error ignored = {0};

	(void)install_find_difference(&comparison, &build, &difference, &ignored);
	install_comparison_close(&comparison);
	return difference.missing;
}

/* A kernel that was removed and has come back has lost what was installed into it. */
static bool is_lost(const struct planner *planner, const struct module_id *id,
		    const struct kernel_id *kernel)
{
	const struct placement placement = {
		.settings = planner->settings,
		.distro = planner->distro,
		.id = id,
		.kernel = kernel,
	};
	struct installed_record record = {0};
	const char *target;
	bool lost = false;

	installed_record_read(&placement, &record);
	STRV_FOREACH (target, &record.targets)
		lost |= !file_exists_nofollow(target);
	if (!record.found || record.overtaken)
		lost = is_incomplete(planner, id, kernel);
	installed_record_free(&record);
	return lost;
}

bool plan_is_installed(struct planner *planner, const struct module_id *id,
		       const struct kernel *kernel)
{
	if (!registry_is_installed(planner->settings, id, &kernel->id) ||
	    plan_is_stale(planner, id, &kernel->id) || is_lost(planner, id, &kernel->id))
		return false;
	if (!planner->no_depmod && !is_listed(planner, id, kernel))
		planner_remember(planner, PLANNED_DEPMOD, NULL, &kernel->id, 0);
	return true;
}

static int plan_install_job(struct planner *planner, const struct module_id *id,
			    const struct kernel_id *kernel_id, bool again, size_t *ret_job,
			    struct error *error)
{
	const struct kernel *kernel;
	const struct package *package = NULL;
	bool active = registry_is_installed(planner->settings, id, kernel_id);
	size_t build;

	*ret_job = planner_find(planner, PLANNED_INSTALL, id, kernel_id);
	if (*ret_job != PLAN_NONE)
		return 0;
	if (planner_kernel(planner, kernel_id, &kernel, error) < 0)
		return error->code;
	if (!again && plan_is_installed(planner, id, kernel))
		return planner_require_usable(planner, id, error) < 0
			       ? error->code
			       : planner_require_conf(planner, id, error);
	if (plan_build(planner, id, kernel_id, false, &build, error) < 0 ||
	    check_install(planner, id, kernel, &package, error) < 0)
		return error->code;
	size_t sign = planner_find(planner, PLANNED_SIGN, id, kernel_id);

	*ret_job = plan_add_job(planner->plan, JOB_INSTALL, id, kernel);
	struct job *job = &planner->plan->jobs[*ret_job];

	job->package = package;
	job->again = active || has_link(planner, id, kernel_id);
	job->force = planner->force;
	job->force_version_override = planner->force_version_override;
	wait_for(planner, *ret_job, build);
	wait_for(planner, *ret_job, sign);
	planner_remember(planner, PLANNED_INSTALL, id, kernel_id, *ret_job);
	plan_rebuilds(planner, id, kernel, *ret_job);
	return 0;
}

int plan_install(struct planner *planner, const struct module_id *id,
		 const struct kernel_id *kernel_id, size_t *ret_job, struct error *error)
{
	return plan_install_job(planner, id, kernel_id, planner->force, ret_job, error);
}

int planner_reinstall(struct planner *planner, const struct module_id *id,
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

/* Planning new signatures for what is built: no source, headers or compiler is needed. */

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
	return planner_reinstall(planner, id, kernel_id, &install, error);
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
