/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The actions that change the tree or a kernel, one module at a time: each only says what to plan.
 */
#include <errno.h>

#include "cli/actions.h"
#include "cli/rpm_upgrade.h"
#include "cli/named_source.h"
#include "cli/sourceless.h"
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

/* What --all takes in may be nothing. */
static void say_nothing_is_built(const struct invocation *invocation,
				 const struct kernel_ids *kernels)
{
	const struct module_id *id = &invocation->id;

	if (invocation->options->all && !kernels->count &&
	    registry_version_state(&invocation->settings, id) != VERSION_UNKNOWN)
		report(&invocation->ui->reporter, REPORT_LINE,
		       "No kernel has a build of %s/%s. There is nothing to %s.", id->name,
		       id->version, invocation->action->name);
}

static int each_kernel(struct invocation *invocation, struct planner *planner,
		       plan_for_kernel *plan, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (source_resolve(invocation, planner, error) < 0 ||
	    invocation_kernels(invocation, &kernels, error) < 0)
		return error->code;
	(void)note_added_directory(invocation, planner);
	say_nothing_is_built(invocation, &kernels);
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
	if (sourceless_prepare(invocation, error) < 0)
		return error->code;
	return each_kernel(invocation, planner, planner_build, error);
}

int fill_install(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (sourceless_prepare(invocation, error) < 0)
		return error->code;
	return each_kernel(invocation, planner, planner_install, error);
}

static int sign_version(struct invocation *invocation, struct planner *planner,
			const struct module_id *id, size_t *count, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids built = {0};

	if (registry_version_state(&invocation->settings, id) != VERSION_ADDED)
		return 0;
	if (registry_list_kernels(&invocation->settings, id, &built, error) < 0)
		return error->code;
	for (size_t i = 0; i < built.count; i++) {
		if (invocation->options->kernels.count &&
		    !kernel_ids_contain(&invocation->kernels, &built.items[i]))
			continue;
		planner_sign(planner, id, &built.items[i]);
		++*count;
	}
	return 0;
}

/* Every module for every kernel that it is built for, or for those that are named. */
static int sign_all_modules(struct invocation *invocation, struct planner *planner,
			    struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	size_t count = 0;
	char *name;

	if (invocation->id.name)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "--all-modules means every module: do not name one as well.");
	if (registry_list_modules(&invocation->settings, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(strv_free) struct strv versions = {0};
		char *version;

		if (registry_list_versions(&invocation->settings, name, &versions, error) < 0)
			return error->code;
		STRV_FOREACH (version, &versions) {
			const struct module_id id = {name, version};

			if (sign_version(invocation, planner, &id, &count, error) < 0)
				return error->code;
		}
	}
	if (!count)
		report(&invocation->ui->reporter, REPORT_LINE,
		       "No module is built. There is nothing to sign.");
	return 0;
}

/* A module that is not in the tree has no kernels for --all, and must be told all the same. */
int fill_sign(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (invocation->options->all_modules)
		return sign_all_modules(invocation, planner, error);
	if (registry_require_usable(&invocation->settings, &invocation->id, error) < 0)
		return error->code;
	return each_kernel(invocation, planner, planner_sign, error);
}

/* Removing for one kernel leaves the others, which is easily overlooked. */
static int say_what_stays(const struct invocation *invocation, struct error *error)
{
	const struct module_id *id = &invocation->id;
	cleanup(kernel_ids_free) struct kernel_ids built = {0};
	cleanup(strv_free) struct strv staying = {0};

	if (registry_list_kernels(&invocation->settings, id, &built, error) < 0)
		return error->code;
	for (size_t i = 0; i < built.count && !invocation->options->all; i++)
		if (!kernel_ids_contain(&invocation->kernels, &built.items[i]))
			strv_add_format(&staying, "%s (%s)", built.items[i].release,
					built.items[i].arch);
	if (!staying.count || invocation->options->kernels.count)
		return 0;
	cleanup(free_string) char *list = strv_join(&staying, ", ");

	report(&invocation->ui->reporter, REPORT_LINE,
	       "%s/%s stays for kernel %s. To remove it everywhere, run: dkms remove %s/%s --all",
	       id->name, id->version, list, id->name, id->version);
	return 0;
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
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (invocation_kernels(invocation, &kernels, error) < 0)
		return error->code;
	say_nothing_is_built(invocation, &kernels);
	return all_kernels(invocation, planner, planner_unbuild, error);
}

int fill_remove(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (invocation->options->rpm_safe_upgrade && rpm_upgrade_calls_off(invocation))
		return 0;
	if (say_what_stays(invocation, error) < 0)
		return error->code;
	return all_kernels(invocation, planner, planner_remove, error);
}
