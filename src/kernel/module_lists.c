/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/module_lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "model/compression.h"

/*
 * modules.order: the modules that the kernel's own package brought, a path below the module
 * directory a line, without the suffix of a compression.
 */

#define ORDER_LIMIT ((size_t)16 << 20) /* bytes */

/* Owned by the caller; NULL if there is none. */
static char *read_order(const char *module_directory)
{
	cleanup(free_string) char *path = path_join(module_directory, "modules.order", NULL);
	cleanup(error_clear) struct error missing = {0};
	char *text = NULL;

	if (file_read(path, ORDER_LIMIT, &text, NULL, &missing) < 0)
		text = NULL;
	return text;
}

bool modules_order_lists(const char *module_directory, const char *path)
{
	cleanup(free_string) char *text = read_order(module_directory);

	if (!text || !path_is_within(path, module_directory) || text_equal(path, module_directory))
		return false;
	const char *relative = path + strlen(module_directory) + 1;
	size_t length = strlen(relative) -
			strlen(compression_suffix(compression_of_name(relative)));

	for (const char *line = text; *line;) {
		size_t end = strcspn(line, "\n");

		if (end == length && strncmp(line, relative, length) == 0)
			return true;
		line += end + (line[end] == '\n');
	}
	return false;
}

/* The path of a listed module's file with any compression, owned by the caller; or NULL. */
static char *find_listed(const char *module_directory, const char *line, size_t length)
{
	static const enum compression compressions[] = {COMPRESSION_NONE, COMPRESSION_XZ,
							COMPRESSION_ZSTD, COMPRESSION_GZIP};

	for (size_t i = 0; i < sizeof(compressions) / sizeof(*compressions); i++) {
		cleanup(free_string) char *path = text_format("%s/%.*s%s", module_directory,
							      (int)length, line,
							      compression_suffix(compressions[i]));

		if (file_exists_nofollow(path))
			return TAKE(path);
	}
	return NULL;
}

char *modules_order_first(const char *module_directory)
{
	cleanup(free_string) char *text = read_order(module_directory);
	char *path = NULL;

	for (const char *line = text; !path && line && *line;) {
		size_t length = strcspn(line, "\n");

		if (length)
			path = find_listed(module_directory, line, length);
		line += length + (line[length] == '\n');
	}
	return path;
}

const char *const module_lists_packaged[] = {"modules.order", "modules.builtin",
					     "modules.builtin.modinfo", NULL};

bool module_list_is_packaged(const char *name)
{
	for (const char *const *list = module_lists_packaged; *list; list++)
		if (text_equal(*list, name))
			return true;
	return false;
}

bool module_lists_are_of_headers(const char *module_directory)
{
	cleanup(free_string) char *headers = path_join(module_directory, "build", NULL);

	return file_exists(headers);
}

/* Files of a kernel that neither dkms nor depmod put there. */
static bool is_bare(const char *module_directory)
{
	static const char *const own[] = {"kernel", "modules.builtin", "build", "source"};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		cleanup(free_string) char *path = path_join(module_directory, own[i], NULL);

		if (file_exists(path))
			return false;
	}
	return true;
}

bool modules_order_is_gone(const char *module_directory, size_t replaced)
{
	cleanup(free_string) char *text = read_order(module_directory);
	cleanup(free_string) char *first = modules_order_first(module_directory);
	size_t listed = 0;

	if (first)
		return false;
	if (text_empty(text) || module_lists_are_of_headers(module_directory))
		return is_bare(module_directory);
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		listed += length > 0;
		line += length + (line[length] == '\n');
	}
	return listed > replaced;
}

/*
 * modprobe's knowledge of a kernel's modules: modules.dep, as depmod wrote it (modules.dep(5)), and
 * modules.builtin. Names are as the kernel has them: "-" and "_" are one.
 */

/* modules.dep of a distribution's kernel has about 1 MiB. */
static const size_t file_limit = 64UL << 20;

char *module_kernel_name(const char *path)
{
	char *name = xstrdup(path_basename(path));
	char *suffix = strstr(name, ".ko");

	if (suffix)
		*suffix = '\0';
	for (char *at = name; *at; at++)
		if (*at == '-')
			*at = '_';
	return name;
}

static void add_line(struct modules_dep *dep, char *line)
{
	char *colon = strchr(line, ':');

	if (!colon)
		return;
	*colon = '\0';
	struct listed_module *module = &dep->items[dep->count++];

	*module = (struct listed_module){line, colon + 1 + strspn(colon + 1, " ")};
}

static void parse(struct modules_dep *dep)
{
	size_t lines = 1;
	char *rest = dep->text;
	char *line;

	for (const char *at = dep->text; (at = strchr(at, '\n')); at++)
		lines++;
	dep->items = xcalloc(lines, sizeof(*dep->items));
	while ((line = strsep(&rest, "\n")))
		add_line(dep, line);
	strmap_reserve(&dep->names, dep->count);
	for (size_t i = 0; i < dep->count; i++) {
		cleanup(free_string) char *name = module_kernel_name(dep->items[i].path);

		(void)strmap_set(&dep->names, name, &dep->items[i]);
	}
}

static void read_builtin(const char *module_directory, struct strmap *builtin)
{
	cleanup(free_string) char *path = path_join(module_directory, "modules.builtin", NULL);
	char *rest, *line;

	cleanup(free_string) char *text = file_read_if_possible(path, file_limit);

	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		cleanup(free_string) char *name = module_kernel_name(line);

		(void)strmap_set(builtin, name, builtin);
	}
}

int modules_dep_read(const char *module_directory, struct modules_dep *ret_dep, struct error *error)
{
	cleanup(free_string) char *path = path_join(module_directory, "modules.dep", NULL);
	struct modules_dep dep = {0};

	if (file_read(path, file_limit, &dep.text, NULL, error) < 0)
		return error->code;
	parse(&dep);
	read_builtin(module_directory, &dep.builtin);
	*ret_dep = dep;
	return 0;
}

void modules_dep_free(struct modules_dep *dep)
{
	strmap_free(&dep->names, NULL);
	strmap_free(&dep->builtin, NULL);
	free(dep->items);
	free(dep->text);
	*dep = (struct modules_dep){0};
}

const struct listed_module *modules_dep_find(const struct modules_dep *dep, const char *name)
{
	cleanup(free_string) char *kernel_name = module_kernel_name(name);

	return strmap_get(&dep->names, kernel_name);
}

bool modules_dep_is_builtin(const struct modules_dep *dep, const char *name)
{
	cleanup(free_string) char *kernel_name = module_kernel_name(name);

	return strmap_get(&dep->builtin, kernel_name) != NULL;
}

/*
 * Which of several files of one name depmod takes: the one in the directory that comes first in
 * the search lines of depmod.d(5). The default is "updates built-in", where built-in is every
 * other place.
 */

#define CONFIGURATION_LIMIT ((size_t)1 << 20) /* bytes */

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

	cleanup(free_string) char *text = file_read_if_possible(path, CONFIGURATION_LIMIT);

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
