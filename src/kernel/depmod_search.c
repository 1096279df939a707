/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/depmod_search.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "model/compression.h"

#define FILE_LIMIT ((size_t)1 << 20) /* bytes */

/* A file in an earlier directory replaces those of its name in later ones. */
static const char *const directories[] = {"/etc/depmod.d", "/run/depmod.d",
					  "/usr/local/lib/depmod.d", "/usr/lib/depmod.d",
					  "/lib/depmod.d"};

struct search {
	struct strv places;     /* in the order of preference */
	struct strv overridden; /* names of modules */
};

static void search_free(struct search *search)
{
	strv_free(&search->places);
	strv_free(&search->overridden);
}

static void read_line(struct search *search, const char *line)
{
	cleanup(strv_free) struct strv words = {0};

	strv_split(&words, line, " \t");
	if (words.count < 2)
		return;
	if (text_equal(words.items[0], "override"))
		strv_add(&search->overridden, words.items[1]);
	if (!text_equal(words.items[0], "search"))
		return;
	for (size_t i = 1; i < words.count; i++)
		strv_add(&search->places, words.items[i]);
}

static void read_file(struct search *search, const char *path)
{
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	cleanup(free_string) char *text = file_read_if_possible(path, FILE_LIMIT);

	if (!text)
		return;
	strv_split(&lines, text, "\n");
	STRV_FOREACH (line, &lines)
		read_line(search, line);
}

/* By their names, whichever directory they are in. */
static void list_files(const struct settings *settings, struct strv *names)
{
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
		cleanup(free_string) char *directory = settings_path(settings, directories[i]);
		cleanup(strv_free) struct strv found = {0};
		const char *name;

		directory_list_if_possible(directory, &found);
		STRV_FOREACH (name, &found)
			if (text_ends_with(name, ".conf") && !strv_contains(names, name))
				strv_add(names, name);
	}
	strv_sort(names);
}

static void read_search(const struct settings *settings, struct search *search)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	list_files(settings, &names);
	STRV_FOREACH (name, &names) {
		for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
			cleanup(free_string) char *directory = settings_path(settings,
									     directories[i]);
			cleanup(free_string) char *path = path_join(directory, name, NULL);

			if (file_exists(path)) {
				read_file(search, path);
				break;
			}
		}
	}
	if (search->places.count)
		return;
	strv_add(&search->places, "updates");
	strv_add(&search->places, "built-in");
}

/* The place in the order; the count of all for a path that no line names. */
static size_t rank(const struct search *search, const char *module_directory, const char *path)
{
	size_t builtin = search->places.count;

	for (size_t i = 0; i < search->places.count; i++) {
		cleanup(free_string) char *place = path_join(module_directory,
							     search->places.items[i], NULL);

		if (text_equal(search->places.items[i], "built-in"))
			builtin = i;
		else if (path_is_within(path, place))
			return i;
	}
	return builtin;
}

bool depmod_prefers(const struct settings *settings, const char *module_directory, const char *path,
		    const char *other)
{
	cleanup(search_free) struct search search = {0};
	cleanup(free_string) char *name = module_name_of_file(path_basename(path));

	read_search(settings, &search);
	return !strv_contains(&search.overridden, name ? name : "") &&
	       rank(&search, module_directory, path) < rank(&search, module_directory, other);
}
