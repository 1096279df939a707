/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/check.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "inspect/check_parts.h"
#include "install/place.h"
#include "tree/layout.h"
#include "tree/lock.h"
#include "tree/registry.h"

static int check_pending(struct check *check, struct error *error)
{
	cleanup(free_string) char *journals = layout_private(check->settings, "journal");
	cleanup(free_string) char *depmods = layout_private(check->settings, "depmod");
	cleanup(strv_free) struct strv names = {0};
	cleanup(strv_free) struct strv releases = {0};
	const char *name;

	if (tree_lock_is_held(check->settings))
		return 0; /* what is open is being worked on */
	if (directory_list(journals, &names, error) < 0 ||
	    directory_list(depmods, &releases, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(journals, name, NULL);

		(void)check_find(check, "journal", REPAIR_NEXT_RUN, path,
				 "a dkms was cut off in the middle of this change");
	}
	STRV_FOREACH (name, &releases) {
		cleanup(free_string) char *path = path_join(check->settings->install_tree, name,
							    "modules.dep", NULL);

		(void)check_find(check, "depmod", REPAIR_NEXT_RUN, path,
				 "depmod is still to be run for kernel %s", name);
	}
	return 0;
}

static void check_source(struct check *check, const struct module_id *id)
{
	cleanup(free_string) char *link = layout_source_link(check->settings, id);
	cleanup(free_string) char *source = layout_source_directory(check->settings, id);
	cleanup(free_string) char *conf = path_join(source, "dkms.conf", NULL);

	if (file_exists(conf))
		check_about(check_find(check, "source-link", REPAIR_ADD, link,
				       "the link to the source %s is missing or leads elsewhere",
				       source),
			    id, NULL);
	else
		check_about(check_find(check, "source", REPAIR_BY_HAND, link,
				       "the source %s is gone; put it back, or take the version "
				       "away with dkms remove %s/%s --all",
				       source, id->name, id->version),
			    id, NULL);
}

/* A build for a kernel: all there, for a kernel that is there, and installed as it is. */
static void check_status(struct check *check, const struct status_entry *entry)
{
	cleanup(free_string) char *product = layout_product(check->settings, &entry->id,
							    &entry->kernel);
	cleanup(free_string) char *kernel = place_kernel_directory(check->settings, &entry->kernel);
	struct check_finding *finding = NULL;

	if (place_kernel_is_gone(check->settings, &entry->kernel, 0))
		finding = check_find(
			check, "orphan", REPAIR_BY_HAND, product,
			"kernel %s is gone; dkms unbuild %s/%s -k %s removes what was built "
			"for it",
			entry->kernel.release, entry->id.name, entry->id.version,
			entry->kernel.release);
	else if (entry->missing)
		finding = check_find(check, "missing", REPAIR_REINSTALL, kernel,
				     "modules of %s/%s are missing", entry->id.name,
				     entry->id.version);
	else if (entry->differs)
		finding = check_find(check, "altered", REPAIR_BY_HAND, kernel,
				     "modules of %s/%s are others than those that were built; dkms "
				     "install --force %s/%s -k %s puts these in their place",
				     entry->id.name, entry->id.version, entry->id.name,
				     entry->id.version, entry->kernel.release);
	if (finding)
		check_about(finding, &entry->id, &entry->kernel);
}

static int check_states(struct check *check, struct error *error)
{
	cleanup(status_list_free) struct status_list list = {0};

	if (status_collect(check->settings, check->distro, check->filter, &list, error) < 0)
		return error->code;
	for (size_t i = 0; i < list.count; i++) {
		const struct status_entry *entry = &list.items[i];

		if (entry->state == STATUS_BROKEN)
			check_source(check, &entry->id);
		else if (entry->state == STATUS_BUILT || entry->state == STATUS_INSTALLED)
			check_status(check, entry);
	}
	return 0;
}

/* kernel-K-A leads to a build, or to nothing. */
static void check_active_link(struct check *check, const char *name, const char *link)
{
	cleanup(free_string) char *modules = path_join(link, "module", NULL);

	if (!file_is_directory(modules) || directory_is_empty(modules))
		check_about(check_find(check, "dangling-link", REPAIR_DISCARD, link,
				       "it should lead to the installed build and leads to none"),
			    &(struct module_id){(char *)name, NULL}, NULL);
}

static int check_module(struct check *check, const char *name, struct error *error)
{
	cleanup(free_string) char *module = layout_module(check->settings, name);
	cleanup(strv_free) struct strv names = {0};
	cleanup(strv_free) struct strv versions = {0};
	char *version;
	const char *entry;

	if (directory_list(module, &names, error) < 0 ||
	    registry_list_versions(check->settings, name, &versions, error) < 0)
		return error->code;
	if (!names.count && file_is_directory(module))
		(void)check_find(check, "empty", REPAIR_NEXT_RUN, module, "it holds nothing");
	STRV_FOREACH (entry, &names) {
		cleanup(free_string) char *path = path_join(module, entry, NULL);

		if (text_starts_with(entry, "kernel-") && file_is_symlink(path))
			check_active_link(check, name, path);
	}
	STRV_FOREACH (version, &versions) {
		const struct module_id id = {(char *)name, version};

		if (check_builds(check, &id, error) < 0 || check_publishers(check, &id, error) < 0)
			return error->code;
	}
	return check_originals(check, name, error);
}

static int check_modules(struct check *check, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (check->filter->id->name)
		strv_add(&names, check->filter->id->name);
	/* All of the tree, as what is empty is no module to the registry. */
	else if (directory_list(check->settings->dkms_tree, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = layout_module(check->settings, name);

		if (file_is_directory(path) && check_module(check, name, error) < 0)
			return error->code;
	}
	return 0;
}

bool check_is_partial(const struct settings *settings)
{
	cleanup(free_string) char *own = layout_private(settings, "");

	return access(own, R_OK | X_OK) < 0 && errno == EACCES;
}

int check_collect(const struct settings *settings, const struct distro *distro,
		  const struct status_filter *filter, struct check_findings *findings,
		  struct error *error)
{
	struct check check = {settings, distro, filter, findings};
	bool hidden = check_is_partial(settings);

	if ((!hidden && check_pending(&check, error) < 0) || check_states(&check, error) < 0 ||
	    check_modules(&check, error) < 0)
		return error->code;
	if (filter->id->name)
		return 0;
	if ((!hidden && check_kept(&check, error) < 0) || check_modprobe(&check, error) < 0 ||
	    check_kernels(&check, error) < 0)
		return error->code;
	return hidden ? 0 : check_leftovers(&check, error);
}
