/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "inspect/check_parts.h"
#include "install/place.h"
#include "kernel/module_lists.h"
#include "model/compression.h"
#include "tree/layout.h"
#include "tree/registry.h"

#define RECORD_LIMIT 1048576 /* bytes */

/* The record in M/V/K/A, or M/kernel-K-A, says that path was installed. */
static bool is_recorded(const char *product, const char *path)
{
	cleanup(free_string) char *file = path_join(product, LAYOUT_INSTALLED, NULL);
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	cleanup(free_string) char *text = file_read_if_possible(file, RECORD_LIMIT);

	if (!text)
		return false;
	strv_split(&lines, text, "\n");
	STRV_FOREACH (line, &lines)
		if (text_ends_with(path, line) && path[strlen(path) - strlen(line) - 1] == '/')
			return true;
	return false;
}

/* True if the file, of a module of this name, is of a build that is installed for the kernel. */
static bool is_known(const struct settings *settings, const char *release, const char *module,
		     const char *path)
{
	cleanup(strv_free) struct strv names = {0};
	cleanup(free_string) char *prefix = text_format("kernel-%s-", release);
	cleanup(error_clear) struct error unreadable = {0};
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
			cleanup(free_string) char *product = path_join(directory, entry, NULL);
			cleanup(free_string) char *modules = path_join(product, "module", NULL);

			if (!text_starts_with(entry, prefix))
				continue;
			place_find_files(modules, module, &files);
			known |= is_recorded(product, path);
		}
		known |= files.count > 0;
	}
	return known;
}

/*
 * M/V and the kernel of a build that holds these very bytes under this name, or was installed as
 * this file; false: none does.
 */
static bool find_build(const struct settings *settings, const struct module_id *id,
		       const char *release, const char *module, const char *file,
		       struct kernel_id *ret_kernel)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};
	cleanup(error_clear) struct error unreadable = {0};
	bool found = false;

	(void)registry_list_kernels(settings, id, &kernels, &unreadable);
	for (size_t i = 0; !found && i < kernels.count; i++) {
		const struct kernel_id *kernel = &kernels.items[i];
		cleanup(free_string) char *directory = layout_product_modules(settings, id, kernel);
		cleanup(strv_free) struct strv files = {0};

		if (!text_equal(kernel->release, release))
			continue;
		place_find_files(directory, module, &files);
		cleanup(free_string) char *product = layout_product(settings, id, kernel);

		found = files.count &&
			(file_same_content(files.items[0], file) || is_recorded(product, file));
		if (found)
			*ret_kernel = kernel_id_new(kernel->release, kernel->arch);
	}
	return found;
}

/* The same among all modules; *ret_id and *ret_kernel are the caller's. */
static bool find_source_of(const struct settings *settings, const char *release, const char *module,
			   const char *file, struct module_id *ret_id, struct kernel_id *ret_kernel)
{
	cleanup(strv_free) struct strv names = {0};
	struct error unreadable = {0};
	const char *name;
	char *version;

	if (registry_list_modules(settings, &names, &unreadable) < 0)
		error_clear(&unreadable);
	STRV_FOREACH (name, &names) {
		cleanup(strv_free) struct strv versions = {0};

		if (registry_list_versions(settings, name, &versions, &unreadable) < 0)
			error_clear(&unreadable);
		STRV_FOREACH (version, &versions) {
			const struct module_id id = {(char *)name, version};

			if (!find_build(settings, &id, release, module, file, ret_kernel))
				continue;
			*ret_id = module_id_new(name, version);
			return true;
		}
	}
	return false;
}

/* A file that no active link accounts for. */
static void check_stranger(struct check *check, const char *release, const char *module,
			   const char *path)
{
	struct module_id id = {0};
	struct kernel_id kernel = {0};

	if (find_source_of(check->settings, release, module, path, &id, &kernel))
		check_about(check_find(check, "half-installed", REPAIR_REINSTALL, path,
				       "an install of %s/%s was cut off, or an uninstall", id.name,
				       id.version),
			    &id, &kernel);
	else
		(void)check_find(check, "unknown", REPAIR_BY_HAND, path,
				 "no module in the tree has installed this; remove it and run "
				 "depmod %s if nobody needs it",
				 release);
	module_id_free(&id);
	kernel_id_free(&kernel);
}

/* If depmod prefers another file of that name, it may have run before this file was there. */
static bool is_unlisted(const struct modules_dep *dep, const char *directory, const char *path)
{
	const struct listed_module *listed = modules_dep_find(dep, path);
	cleanup(free_string) char *index = path_join(directory, "modules.dep", NULL);
	cleanup(free_string) char *place = path_parent(path);
	struct stat at_index, at_place;

	if (!dep->count || !listed)
		return dep->count;
	cleanup(free_string) char *preferred = path_join(directory, listed->path, NULL);

	if (text_equal(preferred, path) || stat(index, &at_index) < 0 || stat(place, &at_place) < 0)
		return false;
	return at_index.st_mtim.tv_sec != at_place.st_mtim.tv_sec
		       ? at_index.st_mtim.tv_sec < at_place.st_mtim.tv_sec
		       : at_index.st_mtim.tv_nsec < at_place.st_mtim.tv_nsec;
}

/* updates/dkms holds nothing but what dkms put there. *ret_unlisted: a file depmod has not seen. */
static int check_strangers(struct check *check, const char *release, const char *directory,
			   const struct modules_dep *dep, char **ret_unlisted, struct error *error)
{
	cleanup(free_string) char *place = path_join(directory, "updates/dkms", NULL);
	cleanup(strv_free) struct strv files = {0};
	const char *file;

	if (directory_list(place, &files, error) < 0)
		return error->code;
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *path = path_join(place, file, NULL);
		cleanup(free_string) char *module = module_name_of_file(file);

		if (!module)
			continue;
		if (!is_known(check->settings, release, module, path))
			check_stranger(check, release, module, path);
		else if (!*ret_unlisted && is_unlisted(dep, directory, path))
			*ret_unlisted = TAKE(path);
	}
	return 0;
}

/* The first file that depmod knows and nobody else; owned by the caller. */
static char *find_gone(const char *directory, const struct modules_dep *dep)
{
	for (size_t i = 0; i < dep->count; i++) {
		const char *listed = dep->items[i].path;
		char *path = *listed == '/' ? xstrdup(listed) : path_join(directory, listed, NULL);

		if (!file_exists_nofollow(path))
			return path;
		free(path);
	}
	return NULL;
}

static void depmod_is_due(struct check *check, const char *release, const char *directory,
			  const char *gone, const char *unlisted)
{
	cleanup(free_string) char *index = path_join(directory, "modules.dep", NULL);
	struct utsname machine;

	if ((!gone && !unlisted) || uname(&machine) < 0)
		return;
	struct check_finding *finding = check_find(check, "modules.dep", REPAIR_DEPMOD, index,
						   gone ? "it names %s, which is gone"
							: "it does not name %s",
						   gone ? gone : unlisted);

	finding->kernel = kernel_id_new(release, machine.machine);
}

static int check_kernel(struct check *check, const char *release, struct error *error)
{
	cleanup(free_string) char *directory = path_join(check->settings->install_tree, release,
							 NULL);
	cleanup(modules_dep_free) struct modules_dep dep = {0};
	cleanup(free_string) char *unlisted = NULL;
	cleanup(error_clear) struct error missing = {0};

	/* Without one, depmod has never run there and is not due. */
	(void)modules_dep_read(directory, &dep, &missing);
	cleanup(free_string) char *gone = find_gone(directory, &dep);

	if (check_strangers(check, release, directory, &dep, &unlisted, error) < 0)
		return error->code;
	depmod_is_due(check, release, directory, gone, unlisted);
	return 0;
}

int check_kernels(struct check *check, struct error *error)
{
	cleanup(strv_free) struct strv releases = {0};
	const char *release;

	if (directory_list(check->settings->install_tree, &releases, error) < 0)
		return error->code;
	STRV_FOREACH (release, &releases)
		if (check_kernel(check, release, error) < 0)
			return error->code;
	return 0;
}
