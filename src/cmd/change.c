/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The actions that change the tree or a kernel, one module at a time: each only says what to plan.
 */
#include "cmd/actions.h"
#include "cmd/rpm_upgrade.h"
#include "cmd/source.h"
#include "tree/registry.h"

typedef void plan_for_kernel(struct planner *planner, const struct module_id *id,
			     const struct kernel_id *kernel);
typedef void plan_for_kernels(struct planner *planner, const struct module_id *id,
			      const struct kernel_ids *kernels);

/* As of a tarball, of which the planner says so. True if the directory given is added already. */
static bool note_added_directory(const struct invocation *invocation, const struct planner *planner)
{
	const struct module_id *id = &invocation->id;

	if (!(invocation->action->needs & TAKES_SOURCE) || !invocation->source_directory ||
	    planner->imported_conf ||
	    registry_version_state(&invocation->settings, id) != VERSION_ADDED)
		return false;
	report(&invocation->ui->reporter, REPORT_LINE, "Module %s/%s already added.", id->name,
	       id->version);
	return true;
}

static int each_kernel(struct invocation *invocation, struct planner *planner,
		       plan_for_kernel *plan, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (source_resolve(invocation, planner, error) < 0 ||
	    invocation_kernels(invocation, &kernels, error) < 0)
		return error->code;
	(void)note_added_directory(invocation, planner);
	for (size_t i = 0; i < kernels.count; i++)
		plan(planner, &invocation->id, &kernels.items[i]);
	return 0;
}

static int all_kernels(struct invocation *invocation, struct planner *planner,
		       plan_for_kernels *plan, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (invocation_kernels(invocation, &kernels, error) < 0)
		return error->code;
	plan(planner, &invocation->id, &kernels);
	return 0;
}

int fill_add(struct invocation *invocation, struct planner *planner, struct error *error)
{
	/* Loading a tarball ends with adding what it holds. */
	bool tarball = invocation->archive && !invocation->source_directory;

	if ((tarball ? source_load : source_resolve)(invocation, planner, error) < 0)
		return error->code;
	if (invocation->options->rpm_safe_upgrade && rpm_upgrade_mark(invocation, error) < 0)
		return error->code;
	if (invocation->options->force && note_added_directory(invocation, planner))
		return 0;
	if (!tarball)
		planner_add(planner, &invocation->id);
	return 0;
}

int fill_build(struct invocation *invocation, struct planner *planner, struct error *error)
{
	return each_kernel(invocation, planner, planner_build, error);
}

int fill_install(struct invocation *invocation, struct planner *planner, struct error *error)
{
	return each_kernel(invocation, planner, planner_install, error);
}

/* A module that is not in the tree has no kernels for --all, and must be told all the same. */
int fill_sign(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (registry_require_usable(&invocation->settings, &invocation->id, error) < 0)
		return error->code;
	return each_kernel(invocation, planner, planner_sign, error);
}

/* One whose source is gone is uninstalled all the same. */
int fill_uninstall(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (registry_version_state(&invocation->settings, &invocation->id) != VERSION_BROKEN &&
	    registry_require_usable(&invocation->settings, &invocation->id, error) < 0)
		return error->code;
	return each_kernel(invocation, planner, planner_uninstall, error);
}

int fill_unbuild(struct invocation *invocation, struct planner *planner, struct error *error)
{
	return all_kernels(invocation, planner, planner_unbuild, error);
}

int fill_remove(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (invocation->options->rpm_safe_upgrade && rpm_upgrade_calls_off(invocation))
		return 0;
	return all_kernels(invocation, planner, planner_remove, error);
}
