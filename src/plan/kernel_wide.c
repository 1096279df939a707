/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans about everything on one kernel: matching another kernel, clearing one. */
#include "base/text.h"
#include "plan/facts.h"
#include "tree/registry.h"

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
	struct kernel_ids kernels; /* the one that is cleared */
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
