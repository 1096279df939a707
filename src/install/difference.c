/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/difference.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/same.h"
#include "base/strv.h"
#include "install/place.h"

static bool contains_same(const char *built, const struct strv *paths)
{
	const char *path;

	STRV_FOREACH (path, paths)
		if (same_copy_at(AT_FDCWD, built, AT_FDCWD, path))
			return true;
	return false;
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

struct install_comparison install_comparison_open(const struct settings *settings,
						  const struct distro *distro)
{
	return (struct install_comparison){
		.settings = settings,
		.distro = distro,
		.places = usual_places_open(settings, distro),
	};
}

void install_comparison_close(struct install_comparison *comparison)
{
	usual_places_close(&comparison->places);
	module_files_free(&comparison->files);
}

static bool is_built(const struct installed_build *build)
{
	cleanup(free_string) char *modules = path_join(build->product, "module", NULL);
	struct stat info;

	return fstatat(build->parent, modules, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

static int look_closely(struct install_comparison *comparison, const struct installed_build *build,
			struct install_difference *difference, struct error *error)
{
	const struct placement placement = {
		.settings = comparison->settings,
		.distro = comparison->distro,
		.id = build->id,
		.package = build->package,
		.kernel = build->kernel,
		.files = &comparison->files,
	};
	cleanup(placed_modules_free) struct placed_modules modules = {0};
	int code = placed_modules_list(&placement, &modules, error);

	for (size_t i = 0; !code && i < modules.count; i++)
		if (modules.items[i].built && !modules.items[i].refused)
			code = compare_module(&placement, &modules.items[i], difference, error);
	return code;
}

int install_find_difference(struct install_comparison *comparison,
			    const struct installed_build *build,
			    struct install_difference *ret_difference, struct error *error)
{
	struct install_difference difference = {0};

	if (!is_all_in_place(&comparison->places, build->parent, build->product,
			     build->kernel->release)) {
		difference.unbuilt = !is_built(build);
		if (!difference.unbuilt && look_closely(comparison, build, &difference, error) < 0)
			return error->code;
	}
	*ret_difference = difference;
	return 0;
}
