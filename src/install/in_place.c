/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/in_place.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/entries.h"
#include "base/same.h"
#include "base/text.h"
#include "model/compression.h"

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

/* directory is one below the kernel's, and ends with a slash. One that climbs might leave it. */
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
