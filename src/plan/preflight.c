/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/preflight.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/facts.h"
#include "tree/registry.h"

static struct preflight_item *add_item(struct preflight *preflight, const struct module_id *id)
{
	struct preflight_item *item = ARRAY_ADD(preflight->items, preflight->count);

	*item = (struct preflight_item){.id = module_id_new(id->name, id->version)};
	return item;
}

/* Whether autoinstall would go on with what needs it: some version is built, or none can be. */
static bool is_at_hand(struct planner *planner, const char *name, const struct kernel *kernel)
{
	const struct settings *settings = planner->settings;
	cleanup(free_string) char *active = registry_active_version(settings, name, &kernel->id);
	cleanup(strv_free) struct strv versions = {0};
	cleanup(error_clear) struct error ignored = {0};
	char *version;

	if (active)
		return true;
	(void)registry_list_versions(settings, name, &versions, &ignored);
	STRV_FOREACH (version, &versions)
		if (registry_is_built(settings, &(struct module_id){(char *)name, version},
				      &kernel->id))
			return true;
	return plan_is_excluded(planner, name, kernel);
}

/* The first dependency that must be built for the kernel first, or NULL. */
static const char *missing_dependency(struct planner *planner, const struct package *package,
				      const struct kernel *kernel)
{
	const char *name;

	STRV_FOREACH (name, &package->build_depends)
		if (!is_at_hand(planner, name, kernel))
			return name;
	return NULL;
}

/* Builds that need no compiler, or else a trial. */
static void reuse_or_try(struct planner *planner, const struct kernel *kernel,
			 const struct package *package, struct preflight_item *item)
{
	cleanup(reuse_candidate_free_handler) struct reuse_candidate *candidate =
		plan_find_candidate(planner, &item->id, package, kernel);

	if (candidate) {
		item->outcome = PREFLIGHT_REUSABLE;
		item->from = xstrdup(candidate->cached ? "the cache"
						       : candidate->manifest->kernel.release);
		return;
	}
	item->outcome = PREFLIGHT_TRIED;
	item->job = plan_add_job(planner->plan, JOB_TRY, &item->id, kernel);
	planner->plan->jobs[item->job].package = package;
}

static void decide(struct planner *planner, const struct kernel *kernel,
		   const struct boot_needs *needs, const struct package *package,
		   struct preflight_item *item)
{
	const char *missing = missing_dependency(planner, package, kernel);

	item->autoinstall = package->autoinstall;
	boot_needs_judge(needs, package, &item->criticality);
	if (package->excluded) {
		item->outcome = PREFLIGHT_EXCLUDED;
		item->reason = xstrdup(package->exclusion_reason);
	} else if (registry_is_built(planner->settings, &item->id, &kernel->id)) {
		item->outcome = PREFLIGHT_BUILT;
	} else if (missing) {
		item->outcome = PREFLIGHT_UNKNOWN;
		item->needs = xstrdup(missing);
		item->reason = text_format("It needs %s first, which is not installed for this "
					   "kernel.",
					   missing);
	} else {
		reuse_or_try(planner, kernel, package, item);
	}
}

static void look_at(struct planner *planner, const struct kernel *kernel,
		    const struct module_id *id, struct preflight *preflight)
{
	struct preflight_item *item = add_item(preflight, id);
	const struct package *package;
	cleanup(error_clear) struct error error = {0};

	if (planner_require_usable(planner, id, &error) < 0 ||
	    planner_package(planner, id, kernel, true, &package, &error) < 0) {
		item->outcome = PREFLIGHT_FAILS;
		item->exit_status = error_exit_status(&error);
		item->reason = xstrdup(error.message);
		return;
	}
	decide(planner, kernel, &preflight->needs, package, item);
}

static int look_at_versions(struct planner *planner, const struct kernel *kernel, const char *name,
			    const char *wanted, struct preflight *preflight, struct error *error)
{
	cleanup(strv_free) struct strv versions = {0};
	char *version;

	if (wanted)
		strv_add(&versions, wanted);
	else if (registry_list_versions(planner->settings, name, &versions, error) < 0)
		return error->code;
	STRV_FOREACH (version, &versions) {
		const struct module_id id = {(char *)name, version};

		look_at(planner, kernel, &id, preflight);
	}
	return 0;
}

int planner_preflight(struct planner *planner, const struct kernel_id *kernel_id,
		      const struct module_id *which, struct preflight *preflight,
		      struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const struct kernel *kernel;
	const char *name;

	if (planner_kernel(planner, kernel_id, &kernel, error) < 0)
		return error->code;
	cleanup(free_string) char *install = distro_headers_command(
		planner->settings, planner->distro, kernel_id->release);

	if (kernel_require_headers(kernel, install, error) < 0)
		return error->code;
	boot_needs_find(planner->settings, planner->distro, kernel_id->release, &preflight->needs);
	if (which->name)
		strv_add(&names, which->name);
	else if (registry_list_modules(planner->settings, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names)
		if (look_at_versions(planner, kernel, name, which->version, preflight, error) < 0)
			return error->code;
	return 0;
}

/* True if every version of it fails. */
static bool fails(const struct preflight *preflight, const char *name)
{
	bool found = false;

	for (size_t i = 0; i < preflight->count; i++) {
		const struct preflight_item *item = &preflight->items[i];

		if (!text_equal(item->id.name, name))
			continue;
		if (item->outcome != PREFLIGHT_FAILS)
			return false;
		found = true;
	}
	return found;
}

void preflight_conclude(struct preflight *preflight)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < preflight->count; i++) {
			struct preflight_item *item = &preflight->items[i];

			if (item->outcome != PREFLIGHT_UNKNOWN || !fails(preflight, item->needs))
				continue;
			free(item->reason);
			item->outcome = PREFLIGHT_FAILS;
			item->exit_status = EXIT_DEPENDENCY;
			item->reason = text_format("It needs %s first, which fails.", item->needs);
			changed = true;
		}
	}
}

void preflight_free(struct preflight *preflight)
{
	for (size_t i = 0; i < preflight->count; i++) {
		module_id_free(&preflight->items[i].id);
		free(preflight->items[i].from);
		free(preflight->items[i].needs);
		free(preflight->items[i].reason);
		criticality_free(&preflight->items[i].criticality);
	}
	free(preflight->items);
	boot_needs_free(&preflight->needs);
	*preflight = (struct preflight){0};
}
