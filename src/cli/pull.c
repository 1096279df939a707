/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms pull: builds of other machines, and nothing that is compiled. */
#include <errno.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/actions.h"
#include "cli/pull.h"
#include "fleet/fleet.h"
#include "kernel/kernel.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* The versions of a module: the named version, or all registered versions. */
static int list_versions(const struct invocation *invocation, const char *name,
			 struct strv *versions, struct error *error)
{
	if (invocation->id.version) {
		strv_add(versions, invocation->id.version);
		return 0;
	}
	return registry_list_versions(&invocation->settings, name, versions, error);
}

static int pull_module(struct invocation *invocation, struct planner *planner, const char *name,
		       struct error *error)
{
	cleanup(strv_free) struct strv versions = {0};
	char *version;

	if (list_versions(invocation, name, &versions, error) < 0)
		return error->code;
	if (!versions.count)
		return error_set(
			error, -ENOENT, EXIT_TREE,
			"dkms does not know %s. Name its version, or add it first: dkms pull "
			"%s/VERSION",
			name, name);
	STRV_FOREACH (version, &versions) {
		const struct module_id id = {(char *)name, version};

		for (size_t i = 0; i < invocation->kernels.count; i++)
			(invocation->options->install ? planner_install : planner_build)(
				planner, &id, &invocation->kernels.items[i]);
	}
	return 0;
}

int fill_pull(struct invocation *invocation, struct planner *planner, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	invocation->settings.only_remotes = true;
	if (sourceless_prepare(invocation, error) < 0)
		return error->code;
	if (invocation->id.name)
		strv_add(&names, invocation->id.name);
	else if (registry_list_modules(&invocation->settings, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names)
		if (pull_module(invocation, planner, name, error) < 0)
			return error->code;
	return 0;
}

static bool is_wanted(const struct invocation *invocation)
{
	const struct settings *settings = &invocation->settings;
	const struct module_id *id = &invocation->id;
	const struct package package = {
		.name = id->name, .version = id->version, .policy = settings->policy};

	if (!id->name || !id->version || invocation->source_directory || invocation->archive ||
	    invocation->options->dry_run || invocation->options->conf_file ||
	    registry_version_state(settings, id) != VERSION_UNKNOWN)
		return false;
	cleanup(free_string) char *source = layout_source_directory(settings, id);

	return !file_exists_nofollow(source) && fleet_may_serve(settings, &package);
}

/* One kernel's build tells enough. */
int sourceless_prepare(struct invocation *invocation, struct error *error)
{
	const struct settings *settings = &invocation->settings;

	if (!is_wanted(invocation))
		return 0;
	for (size_t i = 0; i < invocation->kernels.count; i++) {
		cleanup(kernel_free_handler) struct kernel *kernel = NULL;

		error_clear(error);
		if (kernel_open(settings, &invocation->kernels.items[i], &kernel, error) < 0)
			return error->code;
		if (fleet_lay_source(settings, &invocation->id, kernel,
				     text_ui_is_watched(invocation->ui), &invocation->ui->reporter,
				     error) == 0)
			return 0;
	}
	cleanup(free_string) char *source = layout_source_directory(settings, &invocation->id);

	return error_hint(error, "There is no source in %s, either.", source);
}
