/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Planning to load a tarball. */
#include "package/tarball.h"

#include <errno.h>

#include "base/directory.h"
#include "base/memory.h"
#include "base/text.h"
#include "plan/add.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* A tarball of M/V holds M/V, whatever its conf says. */
static void take_registered_name(struct planner *planner, const struct tarball *tarball,
				 struct module_id *id)
{
	const struct module_id *registered = &tarball->registered;

	if (!registered->name || module_id_equal(id, registered))
		return;
	report(planner->reporter, REPORT_LINE,
	       "%s was packed as %s/%s. Its dkms.conf calls itself %s/%s.", tarball->file,
	       registered->name, registered->version, id->name, id->version);
	module_id_free(id);
	*id = module_id_new(registered->name, registered->version);
}

/* Reads M and V from the tarball's conf. Without them, the tarball is invalid. */
static int identify(struct planner *planner, const struct tarball *tarball,
		    struct module_id *ret_id, struct error *error)
{
	if (plan_identify(planner, tarball->conf_file, ret_id, error) == 0) {
		take_registered_name(planner, tarball, ret_id);
		return 0;
	}
	if (error->exit_status == EXIT_BAD_CONF)
		error->exit_status = tarball->kind == TARBALL_SOURCE ? EXIT_BUILD_FAILED
								     : EXIT_NO_PRODUCT;
	return error_wrap(error, "%s holds no valid dkms.conf", tarball->file);
}

static int require_loadable(const struct planner *planner, const struct tarball *tarball,
			    const struct module_id *id, struct error *error)
{
	if (registry_version_state(planner->settings, id) == VERSION_ADDED && !planner->force)
		return error_set(
			error, -EEXIST, EXIT_BAD_CONF,
			"%s/%s is already added, so %s is not loaded.\n"
			"Remove it first (dkms remove %s/%s --all), or use --force to load "
			"over it.",
			id->name, id->version, tarball->file, id->name, id->version);
	if (registry_version_state(planner->settings, id) == VERSION_BROKEN)
		return plan_require_not_added(planner, id, error);
	if (tarball_needs_stub(planner->settings, tarball, id) && !planner->force)
		return error_set(error, -ENOENT, EXIT_NOT_FOUND,
				 "%s holds only what was built of %s/%s, and there is no source of "
				 "it on this system.\n"
				 "Put the source into %s, or use --force to load the builds alone.",
				 tarball->file, id->name, id->version,
				 planner->settings->source_tree);
	return 0;
}

/* The job that has M/V added when it ends: its own, or for what needs none, the loading. */
static int plan_added(struct planner *planner, const struct tarball *tarball,
		      const struct module_id *id, size_t load, size_t *ret_job, struct error *error)
{
	bool stub = tarball_needs_stub(planner->settings, tarball, id);

	/* The conf is the tarball's, unless it came without the source that is here. */
	if (tarball->kind != TARBALL_BINARIES || stub) {
		planner_remember(planner, PLANNED_IMPORT, id, NULL, load);
		text_assign(&planner->imported_conf, tarball->conf_file);
	}
	if (stub || registry_version_state(planner->settings, id) == VERSION_ADDED) {
		planner_remember(planner, PLANNED_ADD, id, NULL, load);
		*ret_job = load;
		return 0;
	}
	if (plan_registration(planner, id, ret_job, error) < 0)
		return error->code;
	planner->plan->jobs[*ret_job].loaded = true;
	if (tarball->kind == TARBALL_BINARIES)
		plan_add_edge(planner->plan, *ret_job, load, true);
	return 0;
}

/* A tarball without a source says nothing of that. */
static int require_same_source(const struct planner *planner, const struct tarball *tarball,
			       const struct module_id *id, struct error *error)
{
	cleanup(free_string) char *link = layout_source_link(planner->settings, id);
	bool same = true;

	if (tarball->kind != TARBALL_BINARIES &&
	    directory_compare(tarball->source, link, &same, error) < 0)
		return error->code;
	return same ? 0 : plan_refuse_other_source(planner, id, tarball->file, error);
}

int planner_load_tarball(struct planner *planner, const struct tarball *tarball, bool must_be_new,
			 struct module_id *ret_id, struct error *error)
{
	cleanup(module_id_free) struct module_id id = {0};
	size_t added;

	if (identify(planner, tarball, &id, error) < 0)
		return error->code;
	if (!must_be_new && !planner->force &&
	    registry_version_state(planner->settings, &id) == VERSION_ADDED) {
		if (require_same_source(planner, tarball, &id, error) < 0)
			return error->code;
		(void)planner_notice(planner, "Module %s/%s already added.", id.name, id.version);
		*ret_id = module_id_new(id.name, id.version);
		return 0;
	}
	if (require_loadable(planner, tarball, &id, error) < 0)
		return error->code;
	size_t load = plan_add_job(planner->plan, JOB_UNPACK, &id, NULL);

	planner->plan->jobs[load].tarball = tarball;
	planner->plan->jobs[load].force = planner->force;
	if (plan_added(planner, tarball, &id, load, &added, error) < 0)
		return error->code;
	for (size_t i = 0; i < tarball->kernels.count; i++)
		planner_remember(planner, PLANNED_BUILD, &id, &tarball->kernels.items[i], added);
	*ret_id = module_id_new(id.name, id.version);
	return 0;
}
