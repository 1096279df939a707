/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/difference.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "install/place.h"
#include "install/record.h"
#include "tree/layout.h"

static bool is_untouched_copy(const char *built, const char *installed)
{
	struct stat a, b;

	return stat(built, &a) == 0 && stat(installed, &b) == 0 && a.st_size == b.st_size &&
	       a.st_mtim.tv_nsec != 0 && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
	       a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

static bool is_same(const char *built, const char *installed)
{
	return is_untouched_copy(built, installed) || place_same_bytes(built, installed);
}

static bool contains_same(const char *built, const struct strv *paths)
{
	const char *path;

	STRV_FOREACH (path, paths)
		if (is_same(built, path))
			return true;
	return false;
}

static const char *find_file(const struct strv *paths, const char *file)
{
	const char *path;

	STRV_FOREACH (path, paths)
		if (text_equal(path_basename(path), file))
			return path;
	return NULL;
}

/* The usual case, found without asking where modules go today: all is where it was put. */
static bool is_as_recorded(const struct placement *placement)
{
	cleanup(free_string) char *directory = layout_product_modules(
		placement->settings, placement->id, placement->kernel);
	cleanup(strv_free) struct strv files = {0};
	cleanup(strv_free) struct strv targets = {0};
	struct error unreadable = {0};
	bool same = directory_list(directory, &files, &unreadable) == 0;
	const char *file;

	error_clear(&unreadable);
	installed_record_read(placement, &targets);
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *name = module_name_of_file(file);
		cleanup(free_string) char *built = path_join(directory, file, NULL);
		const char *target = find_file(&targets, file);

		same = same && (!name || (target && is_same(built, target)));
	}
	return same;
}

/* In the places that are known. */
static void find_known(const struct placed_module *module, struct strv *paths)
{
	if (module->directory)
		place_find_files(module->directory, module->name, paths);
	if (!paths->count && module->recorded && file_exists_nofollow(module->recorded))
		strv_add(paths, module->recorded);
}

static int compare_module(const struct placement *placement, const struct placed_module *module,
			  struct install_difference *difference, struct error *error)
{
	cleanup(strv_free) struct strv paths = {0};
	cleanup(strv_free) struct strv everywhere = {0};

	find_known(module, &paths);
	if (paths.count || module->recorded) {
		difference->missing |= !paths.count;
		difference->differs |= paths.count && !contains_same(module->built, &paths);
		return 0;
	}
	int code = place_find_everywhere(placement, module->name, NULL, &everywhere, error);

	if (code < 0 || contains_same(module->built, &everywhere))
		return code;
	/* Without a destination, another file of that name may be the one that was changed. */
	if (everywhere.count && !module->directory)
		difference->differs = true;
	else
		difference->missing = true;
	return 0;
}

int install_find_difference(const struct settings *settings, const struct distro *distro,
			    const struct module_id *id, const struct package *package,
			    const struct kernel_id *kernel,
			    struct install_difference *ret_difference, struct error *error)
{
	cleanup(module_files_free) struct module_files files = {0};
	const struct placement placement = {
		.settings = settings,
		.distro = distro,
		.id = id,
		.package = package,
		.kernel = kernel,
		.files = &files,
	};
	cleanup(placed_modules_free) struct placed_modules modules = {0};
	struct install_difference difference = {0};

	if (is_as_recorded(&placement)) {
		*ret_difference = difference;
		return 0;
	}
	int code = placed_modules_list(&placement, &modules, error);

	for (size_t i = 0; !code && i < modules.count; i++)
		if (modules.items[i].built)
			code = compare_module(&placement, &modules.items[i], &difference, error);
	if (code < 0)
		return code;
	*ret_difference = difference;
	return 0;
}
