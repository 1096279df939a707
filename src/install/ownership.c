/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/ownership.h"

#include <limits.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "install/place.h"
#include "kernel/module_lists.h"
#include "model/compression.h"
#include "tree/layout.h"
#include "tree/registry.h"

char *originals_origin_file(const char *archived)
{
	return text_format("%s.origin", archived);
}

char *originals_origin(const struct settings *settings, const char *archived)
{
	cleanup(free_string) char *file = originals_origin_file(archived);

	cleanup(free_string) char *text = file_read_if_possible(file, PATH_MAX);

	if (!text)
		return NULL;
	cleanup(free_string) char *path = text_trimmed(text);

	return settings_from_inside(settings, path);
}

char *originals_kept_directory(const struct settings *settings, const char *name,
			       const struct kernel_id *kernel)
{
	cleanup(free_string) char *all = layout_private(settings, "originals");

	return path_join(all, name, kernel->release, kernel->arch, NULL);
}

static bool is_module(const char *name, mode_t mode)
{
	cleanup(free_string) char *module = module_name_of_file(name);

	return module && !S_ISDIR(mode);
}

int originals_list_kept(const struct settings *settings, const char *name,
			const struct kernel_id *kernel, struct strv *paths, struct error *error)
{
	cleanup(free_string) char *kept = originals_kept_directory(settings, name, kernel);

	return directory_find(kept, is_module, paths, error);
}

/* The archived original of module M whose former place is path, owned by the caller; or NULL. */
static char *find_archived(const struct placement *placement, const char *name, const char *path)
{
	cleanup(free_string) char *directory = layout_originals(placement->settings, name,
								placement->kernel);
	cleanup(free_string) char *module = module_name_of_file(path_basename(path));
	cleanup(strv_free) struct strv archived = {0};
	const char *file;

	if (!module)
		return NULL;
	place_find_files(directory, module, &archived);
	STRV_FOREACH (file, &archived) {
		cleanup(free_string) char *origin = originals_origin(placement->settings, file);

		if (text_equal(origin, path))
			return text_format("%s", file);
	}
	return NULL;
}

/* The build of M/V has it, of the same version or the same bytes. */
static bool is_as_built(const struct placed_module *module, const char *path)
{
	return module->built && place_same_module(module->built, path);
}

/*
 * By modules.order. Where dkms archived the kernel's and put another in its place, the kernel's own
 * is there again if it is not what was built.
 */
static bool is_kernels_own(const struct placement *placement, const struct placed_module *module,
			   const char *path)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *archived = find_archived(placement, placement->id->name, path);

	if (archived && (file_same_content(archived, path) || is_as_built(module, path)))
		return file_same_content(archived, path);
	return modules_order_lists(base, path);
}

/* Somebody's package brought it. */
static bool is_packaged(const struct placement *placement, const struct placed_module *module,
			const char *path)
{
	cleanup(free_string) char *archived = find_archived(placement, placement->id->name, path);

	return is_kernels_own(placement, module, path) ||
	       (!archived && distro_owns_file(placement->settings, placement->distro, path));
}

/* A build of `other` that is installed holds these very bytes. */
static bool is_built_by(const struct placement *placement, const char *other, const char *name,
			const char *path)
{
	cleanup(free_string) char *link = layout_active_link(placement->settings, other,
							     placement->kernel);
	cleanup(free_string) char *modules = path_join(link, "module", NULL);
	cleanup(strv_free) struct strv files = {0};
	const char *file;

	place_find_files(modules, name, &files);
	STRV_FOREACH (file, &files)
		if (file_same_content(file, path))
			return true;
	return false;
}

/* Another package has since put its module of that name there. */
static bool is_anothers(const struct placement *placement, const struct placed_module *module,
			const char *path)
{
	bool as_built = is_as_built(module, path);
	cleanup(strv_free) struct strv others = {0};
	cleanup(error_clear) struct error unreadable = {0};
	const char *other;

	(void)registry_list_modules(placement->settings, &others, &unreadable);
	strv_remove(&others, placement->id->name);
	STRV_FOREACH (other, &others) {
		cleanup(free_string) char *displaced = find_archived(placement, other, path);

		if (displaced || (!as_built && is_built_by(placement, other, module->name, path)))
			return true;
	}
	return false;
}

/* Below kernel/ of a kernel without modules.order, only a file in the destination can be dkms's. */
static bool may_be_recorded(const struct placement *placement, const struct placed_module *module,
			    const char *path)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *kernels = path_join(base, "kernel", NULL);
	cleanup(free_string) char *order = path_join(base, "modules.order", NULL);
	cleanup(free_string) char *parent = path_parent(path);

	return !path_is_within(path, kernels) || text_equal(parent, module->directory) ||
	       file_exists(order);
}

static bool is_own(const struct placement *placement, const struct placed_module *module,
		   const char *path, bool recorded)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);

	if (!place_is_really_below(path, base))
		return false;
	if (place_is_link_into_tree(placement, path))
		return true;
	if (is_anothers(placement, module, path))
		return false;
	if (recorded && may_be_recorded(placement, module, path))
		return !is_kernels_own(placement, module, path);
	return is_as_built(module, path) && !is_packaged(placement, module, path);
}

/* The recorded file, or what became of it when somebody compressed it otherwise. */
static void find_recorded(const struct placed_module *module, struct strv *paths)
{
	cleanup(free_string) char *directory = NULL;

	if (!module->recorded)
		return;
	if (file_exists_nofollow(module->recorded)) {
		strv_add(paths, module->recorded);
		return;
	}
	directory = path_parent(module->recorded);
	place_find_files(directory, module->name, paths);
}

static void sort_known_places(const struct placement *placement, const struct placed_module *module,
			      struct placed_files *files)
{
	cleanup(strv_free) struct strv recorded = {0};
	cleanup(strv_free) struct strv paths = {0};
	const char *path;

	find_recorded(module, &recorded);
	strv_add_all(&paths, &recorded);
	if (module->directory && !module->refused)
		place_find_files(module->directory, module->name, &paths);
	STRV_FOREACH (path, &paths) {
		if (strv_contains(&files->own, path) || strv_contains(&files->foreign, path))
			continue;
		strv_add(is_own(placement, module, path, strv_contains(&recorded, path))
				 ? &files->own
				 : &files->foreign,
			 path);
	}
}

int placed_module_find_installed(const struct placement *placement,
				 const struct placed_module *module, bool is_recorded,
				 struct placed_files *files, struct error *error)
{
	cleanup(strv_free) struct strv everywhere = {0};
	const char *path;

	sort_known_places(placement, module, files);
	if (files->own.count || is_recorded)
		return 0;
	if (place_find_everywhere(placement, module->name, NULL, &everywhere, error) < 0)
		return error->code;
	STRV_FOREACH (path, &everywhere)
		if (place_is_link_into_tree(placement, path) ||
		    (module->built && file_same_content(module->built, path) &&
		     !is_packaged(placement, module, path)))
			strv_add(&files->own, path);
	return 0;
}

void placed_files_free(struct placed_files *files)
{
	strv_free(&files->own);
	strv_free(&files->foreign);
}

void placed_modules_find_strays(const struct placement *placement, struct placed_files *files)
{
	cleanup(installed_record_free) struct installed_record record = {0};
	const char *path;

	installed_record_read(placement, &record);
	STRV_FOREACH (path, &record.strays) {
		cleanup(free_string) char *name = module_name_of_file(path_basename(path));
		const struct placed_module module = {.name = name};

		if (name && file_exists_nofollow(path) && !strv_contains(&files->own, path) &&
		    is_own(placement, &module, path, true))
			strv_add(&files->own, path);
	}
}

int placed_modules_find_own(const struct placement *placement, struct placed_files *files,
			    struct error *error)
{
	cleanup(placed_modules_free) struct placed_modules modules = {0};

	if (placed_modules_list(placement, &modules, error) < 0)
		return error->code;
	placed_modules_add_recorded(placement, &modules);
	for (size_t i = 0; i < modules.count; i++)
		if (placed_module_find_installed(placement, &modules.items[i], modules.is_recorded,
						 files, error) < 0)
			return error->code;
	placed_modules_find_strays(placement, files);
	return 0;
}
