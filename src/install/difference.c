/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/difference.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/walk.h"
#include "base/file.h"
#include "base/path.h"
#include "base/same.h"
#include "base/strv.h"
#include "base/text.h"
#include "install/place.h"
#include "model/compression.h"

/*
 * The usual case of an installed build, found with few system calls: a status asks this a thousand
 * times. install/difference.h has the answer for all others.
 */

enum { RECORD_LIMIT = 65536 }; /* bytes; a longer one is not the usual case */

/* One build that is looked at. */
struct build {
	const struct usual_places *places;
	const char *release;
	int parent;
	const char *product; /* its path below parent */
	bool record_is_read;
	char record[RECORD_LIMIT + 1]; /* "" without one */
};

struct usual_places usual_places_open(const struct settings *settings, const struct distro *distro)
{
	return (struct usual_places){
		.kernels = open(settings->install_tree, O_PATH | O_DIRECTORY | O_CLOEXEC),
		.destination = distro_destination(settings, distro, ""),
	};
}

void usual_places_close(struct usual_places *places)
{
	close_fd(&places->kernels);
	free(places->destination);
}

static void read_record(struct build *build)
{
	char path[PATH_MAX];
	bool fits = text_put(path, sizeof(path), build->product, "/.installed", NULL);
	cleanup(close_fd) int fd = fits ? openat(build->parent, path,
						 O_RDONLY | O_CLOEXEC | O_NONBLOCK)
					: -1;
	ssize_t length = fd < 0 ? -1 : read(fd, build->record, RECORD_LIMIT);

	build->record_is_read = true;
	build->record[length < 0 || length == RECORD_LIMIT ? 0 : length] = '\0';
}

/* The first line of a record for a file of that name, its length in *length; NULL for none. */
static const char *find_line(const char *record, const char *file, size_t *length)
{
	size_t wanted = strlen(file);
	const char *end;

	for (; (end = strchr(record, '\n')); record = end + 1) {
		*length = (size_t)(end - record);
		if (*length >= wanted && memcmp(end - wanted, file, wanted) == 0 &&
		    (*length == wanted || end[-(ssize_t)wanted - 1] == '/'))
			return record;
	}
	return NULL;
}

/* directory is a path below the kernel's directory and ends with a slash. A path with ".." might
 * leave it. */
static bool is_same_in(const struct build *build, int modules, const char *file,
		       const char *directory)
{
	char place[PATH_MAX];

	return text_put(place, sizeof(place), build->release, "/", directory, file, NULL) &&
	       !strstr(place, "/..") && same_copy_at(modules, file, build->places->kernels, place);
}

static bool is_in_destination(const struct build *build, int modules, const char *file)
{
	char directory[PATH_MAX];

	return !text_empty(build->places->destination) &&
	       text_put(directory, sizeof(directory), build->places->destination, "/", NULL) &&
	       is_same_in(build, modules, file, directory);
}

static bool is_as_recorded(struct build *build, int modules, const char *file)
{
	char directory[PATH_MAX];
	size_t length = 0;

	if (!build->record_is_read)
		read_record(build);
	const char *line = find_line(build->record, file, &length);

	if (!line || length >= sizeof(directory))
		return false;
	length -= strlen(file);
	memcpy(directory, line, length);
	directory[length] = '\0';
	return is_same_in(build, modules, file, directory);
}

static bool is_module(const char *file)
{
	cleanup(free_string) char *name = *file == '.' ? NULL : module_name_of_file(file);

	return name != NULL;
}

bool is_all_in_place(const struct usual_places *places, int parent, const char *product,
		     const char *release)
{
	struct build build;
	char modules[PATH_MAX];
	struct entries files;
	const struct dirent64 *file;
	bool same = true;

	build.places = places;
	build.release = release;
	build.parent = parent;
	build.product = product;
	build.record_is_read = false;
	if (!text_put(modules, sizeof(modules), product, "/module", NULL) ||
	    entries_open(&files, parent, modules) < 0)
		return false;
	while (same && (file = entries_next(&files)))
		same = !is_module(file->d_name) ||
		       is_in_destination(&build, files.fd, file->d_name) ||
		       is_as_recorded(&build, files.fd, file->d_name);
	return entries_close(&files) == 0 && same;
}

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
	/* Without a destination, another file of that name may have been changed. */
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
