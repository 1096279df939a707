/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/entries.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "tree/built_package.h"
#include "tree/layout.h"
#include "tree/survey.h"

/* Which names of a directory can stand for what is listed there. */
typedef bool name_filter(const char *name);

/* Links to what is active and the archive of originals lie beside the versions. */
static bool is_version_name(const char *name)
{
	return path_is_plain_name(name) && !text_equal(name, "original_module") &&
	       !text_starts_with(name, "kernel-");
}

/* Adds "NAME" or, with the suffix "/", "NAME/" for each directory in path, unsorted. 0 or a
 * negative errno. */
static int add_directories(const char *path, name_filter *wanted, const char *suffix,
			   struct strv *names)
{
	struct entries entries;
	const struct dirent64 *entry;
	int code = entries_open(&entries, AT_FDCWD, path);

	if (code < 0)
		return code;
	while ((entry = entries_next(&entries)))
		if (wanted(entry->d_name) && entries_is_directory(&entries, entry))
			strv_add_owned(names, path_join(entry->d_name, suffix, NULL));
	return entries_close(&entries);
}

static int cannot_read(int code, const char *path, struct error *error)
{
	return error_errno(error, code, 0, "Cannot read the directory %s", path);
}

int registry_list_modules(const struct settings *settings, struct strv *names, struct error *error)
{
	cleanup(strv_free) struct strv found = {0};
	const char *name;
	/* Sorted with the slash that follows them in paths: "foo-bar/" comes before "foo/". */
	int code = add_directories(settings->dkms_tree, path_is_plain_name, "/", &found);

	if (code < 0 && code != -ENOENT)
		return cannot_read(code, settings->dkms_tree, error);
	strv_sort(&found);
	STRV_FOREACH (name, &found)
		strv_add_owned(names, xstrndup(name, strlen(name) - 1));
	return 0;
}

int registry_list_versions(const struct settings *settings, const char *name, struct strv *versions,
			   struct error *error)
{
	cleanup(free_string) char *module = layout_module(settings, name);
	cleanup(strv_free) struct strv found = {0};
	int code = add_directories(module, is_version_name, "", &found);

	if (code < 0 && code != -ENOENT && code != -ENOTDIR)
		return cannot_read(code, module, error);
	strv_sort(&found);
	strv_add_all(versions, &found);
	return 0;
}

int registry_require_versions(const struct settings *settings, const char *name,
			      struct strv *versions, struct error *error)
{
	if (registry_list_versions(settings, name, versions, error) < 0)
		return error->code;
	if (!versions->count)
		return error_set(error, -ENOENT, EXIT_TREE,
				 "The module %s is not in the DKMS tree. See: dkms status", name);
	return 0;
}

static int add_product(const struct surveyed_build *build, void *products, struct error *error)
{
	(void)error;
	if (survey_is_built(build))
		strv_add_owned(products,
			       path_join(build->kernel.release, build->kernel.arch, NULL));
	return 0;
}

int registry_list_kernels(const struct settings *settings, const struct module_id *id,
			  struct kernel_ids *kernels, struct error *error)
{
	cleanup(strv_free) struct strv products = {0};
	char *name;

	if (survey_builds(settings, id, add_product, &products, error) < 0)
		return error->code;
	strv_sort(&products);
	STRV_FOREACH (name, &products) {
		char *slash = strchr(name, '/');

		*slash = '\0';
		kernel_ids_add(kernels, name, slash + 1);
	}
	return 0;
}

enum version_state registry_version_state(const struct settings *settings,
					  const struct module_id *id)
{
	if (!path_is_plain_name(id->name) || !is_version_name(id->version))
		return VERSION_UNKNOWN;
	cleanup(free_string) char *source = layout_source_link(settings, id);

	if (file_is_directory(source))
		return VERSION_ADDED;
	cleanup(free_string) char *version = layout_version(settings, id);

	return file_is_directory(version) ? VERSION_BROKEN : VERSION_UNKNOWN;
}

bool registry_is_built(const struct settings *settings, const struct module_id *id,
		       const struct kernel_id *kernel)
{
	cleanup(free_string) char *modules = layout_product_modules(settings, id, kernel);

	return file_is_directory(modules);
}

bool registry_has_strays(const struct settings *settings, const struct module_id *id,
			 const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(free_string) char *note = path_join(product, BUILT_STRAYS_NAME, NULL);

	return file_is_regular(note);
}

bool registry_is_stale(const struct settings *settings, const struct module_id *id,
		       const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(free_string) char *mark = path_join(product, LAYOUT_STALE, NULL);

	return file_exists_nofollow(mark);
}

char *registry_linked_version(const struct settings *settings, const char *name,
			      const struct kernel_id *kernel)
{
	cleanup(free_string) char *link = layout_active_link(settings, name, kernel);
	cleanup(free_string) char *target = file_readlink(link);
	cleanup(free_string) char *module = layout_module(settings, name);
	cleanup(free_string) char *suffix = path_join("/", kernel->release, kernel->arch, NULL);
	const char *version = target;

	if (!target)
		return NULL;
	if (*target == '/') { /* made by hand; dkms writes V/K/A */
		if (!path_is_within(target, module) || strlen(target) <= strlen(module))
			return NULL;
		version = target + strlen(module) + 1;
	}
	if (!text_ends_with(version, suffix))
		return NULL;
	cleanup(free_string) char *linked = xstrndup(version, strlen(version) - strlen(suffix));

	return is_version_name(linked) ? TAKE(linked) : NULL;
}

char *registry_active_version(const struct settings *settings, const char *name,
			      const struct kernel_id *kernel)
{
	cleanup(free_string) char *linked = registry_linked_version(settings, name, kernel);
	const struct module_id id = {(char *)name, linked};

	return linked && registry_is_built(settings, &id, kernel) ? TAKE(linked) : NULL;
}

bool registry_is_installed(const struct settings *settings, const struct module_id *id,
			   const struct kernel_id *kernel)
{
	cleanup(free_string) char *active = registry_active_version(settings, id->name, kernel);

	return text_equal(active, id->version);
}

char *registry_dependency_version(const struct settings *settings, const struct module_id *id,
				  const struct kernel_id *kernel, const char *dependency)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(free_string) char *name = text_format(".dep_%s", dependency);
	cleanup(free_string) char *path = path_join(product, name, NULL);

	cleanup(free_string) char *content = file_read_if_possible(path, NAME_MAX + 2);

	if (!content)
		return NULL;
	return text_trimmed(content);
}

char *registry_reused_from(const struct settings *settings, const struct module_id *id,
			   const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(free_string) char *mark = path_join(product, LAYOUT_REUSED, NULL);

	return file_readlink(mark);
}

bool registry_keeps_originals(const struct settings *settings, const char *name)
{
	cleanup(free_string) char *module = layout_module(settings, name);
	cleanup(free_string) char *archive = path_join(module, "original_module", NULL);

	return file_is_directory(archive);
}

bool registry_has_originals(const struct settings *settings, const char *name,
			    const struct kernel_id *kernel)
{
	cleanup(free_string) char *originals = layout_originals(settings, name, kernel);

	/* What an uninstall has moved aside and not yet committed is back in its place. */
	return file_is_directory(originals) && !directory_is_empty(originals);
}

int registry_require_usable(const struct settings *settings, const struct module_id *id,
			    struct error *error)
{
	switch (registry_version_state(settings, id)) {
	case VERSION_ADDED:
		return 0;
	case VERSION_BROKEN:
		error_set(
			error, -ENOENT, EXIT_BROKEN,
			"The module %s/%s is broken: its source directory, or the link %s/%s/%s/source to "
			"it, is missing.",
			id->name, id->version, settings->dkms_tree, id->name, id->version);
		return error_hint(
			error,
			"Put the source back (usually %s/%s-%s) and run `dkms add %s/%s`, or take "
			"this version away with `dkms remove %s/%s --all`.",
			settings->source_tree, id->name, id->version, id->name, id->version,
			id->name, id->version);
	case VERSION_UNKNOWN:
		break;
	}
	error_set(error, -ENOENT, EXIT_TREE, "The module %s/%s is not in the DKMS tree %s.",
		  id->name, id->version, settings->dkms_tree);
	return error_hint(error, "`dkms add %s/%s` adds it; `dkms status` lists what is there.",
			  id->name, id->version);
}

int registry_require_built(const struct settings *settings, const struct module_id *id,
			   const struct kernel_id *kernel, struct error *error)
{
	if (registry_is_built(settings, id, kernel))
		return 0;
	error_set(error, -ENOENT, EXIT_INSTALL,
		  "No modules built for %s (%s): %s/%s must be built before it can be packed.",
		  kernel->release, kernel->arch, id->name, id->version);
	return error_hint(error,
			  "Run dkms build %s/%s -k %s/%s first, or name a kernel that it is built "
			  "for.",
			  id->name, id->version, kernel->release, kernel->arch);
}
