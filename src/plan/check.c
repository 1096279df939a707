/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/check.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "install/place.h"
#include "tree/layout.h"
#include "tree/lock.h"
#include "tree/registry.h"

struct check {
	const struct settings *settings;
	const struct distro *distro;
	const struct status_filter *filter;
	struct check_findings *findings;
};

static struct check_finding *find(struct check *check, const char *kind, enum check_repair repair,
				  const char *path, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static struct check_finding *find(struct check *check, const char *kind, enum check_repair repair,
				  const char *path, const char *format, ...)
{
	struct check_findings *findings = check->findings;
	va_list arguments;

	va_start(arguments, format);
	char *message = text_vformat(format, arguments);

	va_end(arguments);
	findings->items = xreallocarray(findings->items, findings->count + 1,
					sizeof(*findings->items));
	struct check_finding *finding = &findings->items[findings->count++];

	*finding = (struct check_finding){
		.kind = kind, .repair = repair, .path = xstrdup(path), .message = message};
	return finding;
}

static void about(struct check_finding *finding, const struct module_id *id,
		  const struct kernel_id *kernel)
{
	finding->id = module_id_new(id->name, id->version);
	if (kernel)
		finding->kernel = kernel_id_new(kernel->release, kernel->arch);
}

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

		(void)find(check, "journal", REPAIR_NEXT_RUN, path,
			   "a dkms was cut off in the middle of this change");
	}
	STRV_FOREACH (name, &releases) {
		cleanup(free_string) char *path = path_join(check->settings->install_tree, name,
							    "modules.dep", NULL);

		(void)find(check, "depmod", REPAIR_NEXT_RUN, path,
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
		about(find(check, "source-link", REPAIR_ADD, link,
			   "the link to the source %s is missing or leads elsewhere", source),
		      id, NULL);
	else
		about(find(check, "source", REPAIR_BY_HAND, link,
			   "the source %s is gone; put it back, or remove %s by hand", source,
			   path_basename(source)),
		      id, NULL);
}

/* A build for a kernel: all there, for a kernel that is there, and installed as it is. */
static void check_status(struct check *check, const struct status_entry *entry)
{
	cleanup(free_string) char *product = layout_product(check->settings, &entry->id,
							    &entry->kernel);
	cleanup(free_string) char *kernel = place_kernel_directory(check->settings, &entry->kernel);
	struct check_finding *finding = NULL;

	if (!file_is_directory(kernel))
		finding = find(check, "orphan", REPAIR_BY_HAND, product,
			       "kernel %s is gone; dkms unbuild %s/%s -k %s removes what was built "
			       "for it",
			       entry->kernel.release, entry->id.name, entry->id.version,
			       entry->kernel.release);
	else if (entry->missing)
		finding = find(check, "missing", REPAIR_REINSTALL, kernel,
			       "modules of %s/%s are missing", entry->id.name, entry->id.version);
	else if (entry->differs)
		finding = find(check, "altered", REPAIR_BY_HAND, kernel,
			       "modules of %s/%s are others than those that were built; dkms "
			       "install --force %s/%s -k %s puts these in their place",
			       entry->id.name, entry->id.version, entry->id.name, entry->id.version,
			       entry->kernel.release);
	if (finding)
		about(finding, &entry->id, &entry->kernel);
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

/* M/V/K/A that a build began and did not end: no module in it. */
static int check_products(struct check *check, const struct module_id *id, const char *kernel_path,
			  struct error *error)
{
	cleanup(strv_free) struct strv arches = {0};
	const char *arch;

	if (directory_list(kernel_path, &arches, error) < 0)
		return error->code;
	STRV_FOREACH (arch, &arches) {
		cleanup(free_string) char *path = path_join(kernel_path, arch, NULL);
		cleanup(free_string) char *modules = path_join(path, "module", NULL);
		cleanup(free_string) char *log = path_join(path, "log", NULL);

		if (!file_is_directory(modules) ? file_is_directory(log) || directory_is_empty(path)
						: directory_is_empty(modules))
			about(find(check, "half-built", REPAIR_DISCARD, path,
				   "a build was cut off before its modules were there"),
			      id, NULL);
	}
	return 0;
}

static int check_version(struct check *check, const struct module_id *id, struct error *error)
{
	cleanup(free_string) char *version = layout_version(check->settings, id);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (directory_list(version, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(version, name, NULL);

		if (text_equal(name, "build") || text_equal(name, "tarball") ||
		    file_is_symlink(path) || !file_is_directory(path))
			continue;
		if (check_products(check, id, path, error) < 0)
			return error->code;
	}
	return 0;
}

/* kernel-K-A leads to a build, or to nothing. */
static void check_active_link(struct check *check, const char *name, const char *link)
{
	cleanup(free_string) char *modules = path_join(link, "module", NULL);

	if (!file_is_directory(modules) || directory_is_empty(modules))
		about(find(check, "dangling-link", REPAIR_DISCARD, link,
			   "it should lead to the installed build and leads to none"),
		      &(struct module_id){(char *)name, NULL}, NULL);
}

/* Originals that nothing could put back, as nothing tells where they were. */
static int check_origins(struct check *check, const char *name, const struct kernel_id *kernel,
			 const char *archive, struct error *error)
{
	cleanup(strv_free) struct strv files = {0};
	const char *file;

	if (directory_list(archive, &files, error) < 0)
		return error->code;
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *module = place_module_name(file);
		cleanup(free_string) char *origin = text_format("%s.origin", file);
		cleanup(free_string) char *path = path_join(archive, file, NULL);

		if (module && !strv_contains(&files, origin))
			about(find(check, "origin", REPAIR_BY_HAND, path,
				   "nothing tells where this original module was; write its path "
				   "below the kernel's directory into %s",
				   origin),
			      &(struct module_id){(char *)name, NULL}, kernel);
	}
	return 0;
}

/* What an uninstall could not put back, where nothing takes its place any more. */
static int check_originals(struct check *check, const char *name, struct error *error)
{
	cleanup(free_string) char *module = layout_module(check->settings, name);
	cleanup(free_string) char *archive = path_join(module, "original_module", NULL);
	cleanup(strv_free) struct strv releases = {0};
	const char *release, *arch;

	if (directory_list(archive, &releases, error) < 0)
		return error->code;
	STRV_FOREACH (release, &releases) {
		cleanup(free_string) char *directory = path_join(archive, release, NULL);
		cleanup(strv_free) struct strv arches = {0};

		if (directory_list(directory, &arches, error) < 0)
			return error->code;
		STRV_FOREACH (arch, &arches) {
			const struct kernel_id kernel = {(char *)release, (char *)arch};
			cleanup(free_string) char *path = path_join(directory, arch, NULL);
			cleanup(free_string) char *active = registry_active_version(check->settings,
										    name, &kernel);

			if (check_origins(check, name, &kernel, path, error) < 0)
				return error->code;
			if (!active && !directory_is_empty(path))
				about(find(check, "originals", REPAIR_BY_HAND, path,
					   "original modules are archived, and nothing is installed "
					   "in their place; each .origin file tells where its module "
					   "was"),
				      &(struct module_id){(char *)name, NULL}, &kernel);
		}
	}
	return 0;
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
		(void)find(check, "empty", REPAIR_NEXT_RUN, module, "it holds nothing");
	STRV_FOREACH (entry, &names) {
		cleanup(free_string) char *path = path_join(module, entry, NULL);

		if (text_starts_with(entry, "kernel-") && file_is_symlink(path))
			check_active_link(check, name, path);
	}
	STRV_FOREACH (version, &versions) {
		const struct module_id id = {(char *)name, version};

		if (check_version(check, &id, error) < 0)
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

/* True if a module of this name is in a build that is installed for the kernel. */
static bool is_known(const struct settings *settings, const char *release, const char *module)
{
	cleanup(strv_free) struct strv names = {0};
	cleanup(free_string) char *prefix = text_format("kernel-%s-", release);
	struct error unreadable = {0};
	bool known = false;
	const char *name;

	(void)directory_list(settings->dkms_tree, &names, &unreadable);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *directory = layout_module(settings, name);
		cleanup(strv_free) struct strv entries = {0};
		cleanup(strv_free) struct strv files = {0};
		const char *entry;

		(void)directory_list(directory, &entries, &unreadable);
		STRV_FOREACH (entry, &entries) {
			cleanup(free_string) char *modules = path_join(directory, entry, "module",
								       NULL);

			if (text_starts_with(entry, prefix))
				place_find_files(modules, module, &files);
		}
		known |= files.count > 0;
	}
	error_clear(&unreadable);
	return known;
}

/* updates/dkms of each kernel holds nothing but what dkms put there. */
static int check_strangers(struct check *check, struct error *error)
{
	const struct settings *settings = check->settings;
	cleanup(strv_free) struct strv releases = {0};
	const char *release, *file;

	if (check->filter->id->name)
		return 0;
	if (directory_list(settings->install_tree, &releases, error) < 0)
		return error->code;
	STRV_FOREACH (release, &releases) {
		cleanup(free_string) char *directory = path_join(settings->install_tree, release,
								 "updates/dkms", NULL);
		cleanup(strv_free) struct strv files = {0};

		if (directory_list(directory, &files, error) < 0)
			return error->code;
		STRV_FOREACH (file, &files) {
			cleanup(free_string) char *path = path_join(directory, file, NULL);
			cleanup(free_string) char *module = place_module_name(file);

			if (module && !is_known(settings, release, module))
				(void)find(check, "unknown", REPAIR_BY_HAND, path,
					   "no module in the tree has installed this; remove it "
					   "and run depmod %s if nobody needs it",
					   release);
		}
	}
	return 0;
}

int check_collect(const struct settings *settings, const struct distro *distro,
		  const struct status_filter *filter, struct check_findings *findings,
		  struct error *error)
{
	struct check check = {settings, distro, filter, findings};

	if (check_pending(&check, error) < 0 || check_states(&check, error) < 0 ||
	    check_modules(&check, error) < 0)
		return error->code;
	return check_strangers(&check, error);
}

void check_findings_free(struct check_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].path);
		free(findings->items[i].message);
		module_id_free(&findings->items[i].id);
		kernel_id_free(&findings->items[i].kernel);
	}
	free(findings->items);
	*findings = (struct check_findings){0};
}
