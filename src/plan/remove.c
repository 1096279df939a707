/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Planning to take away: uninstall, unbuild, remove. Builds are removed only after the depmod that
 * ends the uninstalls, so that an uninstall can be undone until then.
 */
#include "plan/remove.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "plan/facts.h"
#include "tree/registry.h"

/* Plans about everything on one kernel: matching another kernel, clearing one. */

typedef void for_build(struct planner *planner, const struct module_id *id, void *context);

/* Calls visit for each M/V that is built for the kernel. */
static int for_each_build(struct planner *planner, const struct kernel_id *kernel, for_build *visit,
			  void *context, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	char *name, *version;

	if (registry_list_modules(planner->settings, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(strv_free) struct strv versions = {0};

		if (registry_list_versions(planner->settings, name, &versions, error) < 0)
			return error->code;
		STRV_FOREACH (version, &versions) {
			const struct module_id id = {name, version};

			if (registry_is_built(planner->settings, &id, kernel))
				visit(planner, &id, context);
		}
	}
	return 0;
}

struct match {
	const struct kernel_id *template_kernel, *kernel;
	const char *name; /* NULL: all modules */
};

static void install_matching(struct planner *planner, const struct module_id *id, void *context)
{
	const struct match *match = context;

	if ((!match->name || text_equal(match->name, id->name)) &&
	    registry_is_installed(planner->settings, id, match->template_kernel))
		planner_install(planner, id, match->kernel);
}

int planner_match(struct planner *planner, const struct kernel_id *template_kernel,
		  const struct kernel_id *kernel, const char *name, struct error *error)
{
	struct match match = {template_kernel, kernel, name};

	return for_each_build(planner, template_kernel, install_matching, &match, error);
}

struct clearing {
	struct kernel_ids kernels; /* the kernel that is cleared */
	const struct kernel *kernel;
	bool only_autoinstall;
};

static bool is_autoinstalled(struct planner *planner, const struct module_id *id,
			     const struct kernel *kernel)
{
	const struct package *package;
	cleanup(error_clear) struct error ignored = {0};

	if (planner_package(planner, id, kernel, false, &package, &ignored) < 0)
		return false;
	return package->autoinstall;
}

static void unbuild(struct planner *planner, const struct module_id *id, void *context)
{
	const struct clearing *clearing = context;

	if (!clearing->only_autoinstall || is_autoinstalled(planner, id, clearing->kernel))
		planner_unbuild(planner, id, &clearing->kernels);
}

int planner_clear_kernel(struct planner *planner, const struct kernel_id *kernel,
			 bool only_autoinstall, struct error *error)
{
	struct clearing clearing = {.only_autoinstall = only_autoinstall};

	if (planner_kernel(planner, kernel, &clearing.kernel, error) < 0)
		return error->code;
	planner->clears_kernel = true;
	kernel_ids_add(&clearing.kernels, kernel->release, kernel->arch);
	int code = for_each_build(planner, kernel, unbuild, &clearing, error);

	kernel_ids_free(&clearing.kernels);
	return code;
}

struct put_off {
	enum job_kind kind;
	struct module_id id;
	const struct kernel *kernel; /* NULL: JOB_FORGET */
};

static void put_off(struct planner *planner, enum job_kind kind, const struct module_id *id,
		    const struct kernel *kernel)
{
	*ARRAY_ADD(planner->put_off, planner->put_off_count) = (struct put_off){
		kind, module_id_new(id->name, id->version), kernel};
}

/* Removals wait for the uninstall of the same build; forgetting waits for all builds to go. */
static void order_removal(struct planner *planner, size_t job, const struct put_off *item)
{
	for (size_t i = 0; i < job; i++) {
		const struct job *earlier = &planner->plan->jobs[i];

		if (!module_id_equal(&earlier->id, &item->id) && earlier->kind != JOB_DEPMOD)
			continue;
		if (item->kernel && earlier->kernel != item->kernel)
			continue;
		if (earlier->kind == JOB_UNINSTALL || earlier->kind == JOB_UNBUILD)
			plan_add_edge(planner->plan, job, i, true);
		else if (earlier->kind == JOB_DEPMOD)
			plan_add_edge(planner->plan, job, i, false);
	}
}

void plan_put_off_jobs(struct planner *planner)
{
	for (size_t i = 0; i < planner->put_off_count; i++) {
		struct put_off *item = &planner->put_off[i];
		size_t job = plan_add_job(planner->plan, item->kind, &item->id, item->kernel);

		order_removal(planner, job, item);
		module_id_free(&item->id);
	}
	free(planner->put_off);
	planner->put_off = NULL;
	planner->put_off_count = 0;
}

static void plan_uninstall(struct planner *planner, const struct module_id *id,
			   const struct kernel *kernel)
{
	cleanup(error_clear) struct error ignored = {0};
	const struct package *package = NULL;

	/* A conf that cannot be read (any more) must not keep a module installed. */
	(void)planner_package(planner, id, kernel, false, &package, &ignored);
	size_t job = plan_add_job(planner->plan, JOB_UNINSTALL, id, kernel);

	planner->plan->jobs[job].package = package;
	planner->plan->jobs[job].force = planner->force;
	planner_remember(planner, PLANNED_UNINSTALL, id, &kernel->id, job);
}

static void say_not_installed(struct planner *planner, const struct module_id *id,
			      const struct kernel_id *kernel)
{
	(void)planner_notice(planner,
			     "Module %s/%s is not installed for kernel %s (%s). Skipping...",
			     id->name, id->version, kernel->release, kernel->arch);
}

/* Files that its build command installed go with the build, also without an install by dkms. */
static void plan_strays(struct planner *planner, const struct module_id *id,
			const struct kernel *kernel)
{
	if (!registry_is_installed(planner->settings, id, &kernel->id) &&
	    registry_has_strays(planner->settings, id, &kernel->id))
		plan_uninstall(planner, id, kernel);
}

static void say_not_built(struct planner *planner, const struct module_id *id,
			  const struct kernel_id *kernel)
{
	(void)planner_notice(planner, "Module %s/%s is not built for kernel %s (%s). Skipping...",
			     id->name, id->version, kernel->release, kernel->arch);
}

/* Uninstalls it where it is installed, says so where it is not. */
static int uninstall_one(struct planner *planner, const struct module_id *id,
			 const struct kernel_id *kernel_id, const struct kernel **ret_kernel,
			 struct error *error)
{
	if (planner_kernel(planner, kernel_id, ret_kernel, error) < 0)
		return error->code;
	if (registry_is_installed(planner->settings, id, kernel_id))
		plan_uninstall(planner, id, *ret_kernel);
	else
		say_not_installed(planner, id, kernel_id);
	return 0;
}

/* A module whose source is gone is removed anyway, by its record. */
static int require_known(struct planner *planner, const struct module_id *id, struct error *error)
{
	if (registry_version_state(planner->settings, id) == VERSION_BROKEN)
		return 0;
	return planner_require_usable(planner, id, error);
}

void planner_uninstall(struct planner *planner, const struct module_id *id,
		       const struct kernel_id *kernel_id)
{
	struct error error = {0};
	const struct kernel *kernel;

	if (require_known(planner, id, &error) < 0 ||
	    uninstall_one(planner, id, kernel_id, &kernel, &error) < 0)
		(void)planner_fail(planner, id, &error);
}

/* Plans to unbuild for one kernel; false if there is nothing to unbuild. */
static bool unbuild_one(struct planner *planner, const struct module_id *id,
			const struct kernel_id *kernel_id)
{
	struct error error = {0};
	const struct kernel *kernel;

	if (uninstall_one(planner, id, kernel_id, &kernel, &error) < 0) {
		(void)planner_fail(planner, id, &error);
		return false;
	}
	if (!registry_is_built(planner->settings, id, kernel_id)) {
		say_not_built(planner, id, kernel_id);
		return false;
	}
	plan_strays(planner, id, kernel);
	put_off(planner, JOB_UNBUILD, id, kernel);
	return true;
}

/* Returns how many builds go, or -1 after a planned failure. */
static int unbuild_all(struct planner *planner, const struct module_id *id,
		       const struct kernel_ids *kernels)
{
	struct error error = {0};
	int gone = 0;

	if (require_known(planner, id, &error) < 0) {
		(void)planner_fail(planner, id, &error);
		return -1;
	}
	for (size_t i = 0; i < kernels->count; i++)
		if (unbuild_one(planner, id, &kernels->items[i]))
			gone++;
	return gone;
}

void planner_unbuild(struct planner *planner, const struct module_id *id,
		     const struct kernel_ids *kernels)
{
	(void)unbuild_all(planner, id, kernels);
}

void planner_remove(struct planner *planner, const struct module_id *id,
		    const struct kernel_ids *kernels)
{
	struct kernel_ids built = {0};
	struct error error = {0};
	int gone = unbuild_all(planner, id, kernels);

	if (gone < 0)
		return;
	if (registry_list_kernels(planner->settings, id, &built, &error) < 0)
		(void)planner_fail(planner, id, &error);
	else if (built.count == (size_t)gone)
		put_off(planner, JOB_FORGET, id, NULL);
	kernel_ids_free(&built);
}
