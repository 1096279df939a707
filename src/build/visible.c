/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of hidden directories that a build sees in its cage. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "build/environment.h"
#include "build/probes.h"
#include "tree/layout.h"
#include "tree/source_copy.h"

/* A directory that everybody keeps things in is not shown as a whole. */
static bool is_common(const char *path, const struct settings *settings)
{
	const char *const common[] = {"/", "/tmp", "/var/tmp", "/run", settings->temporary};
	cleanup(free_string) char *real = realpath(path, NULL);

	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		if (text_equal(path, common[i]) || text_equal(real, common[i]))
			return true;
	return false;
}

/*
 * Installers of drivers write the build command to a file in /tmp and name it with --directive.
 * Builds may see what the administrator names there as a path.
 */
static void add_named(const char *directive, const struct settings *settings, struct strv *visible)
{
	cleanup(strv_free) struct strv paths = {0};
	const char *path;

	path_list_named(directive, &paths);
	STRV_FOREACH (path, &paths)
		if (file_exists(path) && !is_common(path, settings))
			strv_add(visible, path);
}

/* A directory beside the headers that they need, shown with all that it holds; once. */
static bool add_sibling(const char *path, const struct settings *settings, struct strv *visible)
{
	cleanup(free_string) char *real = realpath(path, NULL);
	cleanup(free_string) char *directory = real ? (file_is_directory(real) ? xstrdup(real)
									       : path_parent(real))
						    : NULL;

	if (!directory || is_common(directory, settings) || strv_contains(visible, directory))
		return false;
	strv_add_owned(visible, TAKE(directory));
	return true;
}

/* The file that a line of the headers' Makefile includes, below directory; owned, or NULL. */
static char *included(const char *line, const char *directory)
{
	static const char *const words[] = {"include ", "-include ", "sinclude "};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!text_starts_with(line, words[i]))
			continue;
		cleanup(free_string) char *name = text_trimmed(line + strlen(words[i]));

		if (*name && !strpbrk(name, "$ \t"))
			return name[0] == '/' ? TAKE(name) : path_join(directory, name, NULL);
	}
	return NULL;
}

static void add_included(const char *headers, const struct settings *settings, struct strv *visible,
			 struct strv *further)
{
	cleanup(free_string) char *makefile = path_join(headers, "Makefile", NULL);
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	cleanup(free_string) char *text = file_read_if_possible(makefile, (size_t)1 << 20);

	strv_split(&lines, text ? text : "", "\n");
	STRV_FOREACH (line, &lines) {
		cleanup(free_string) char *path = included(line, headers);

		if (path && add_sibling(path, settings, visible))
			strv_add_owned(further, path_parent(path));
	}
}

/* For links to a directory: its neighbours that belong to it (linux-kbuild-6.1/scripts). */
static void add_linked(const char *headers, const struct settings *settings, struct strv *visible)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(headers, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(headers, name, NULL);
		cleanup(free_string) char *real = file_is_symlink(path) ? realpath(path, NULL)
									: NULL;
		cleanup(free_string) char *parent = real ? path_parent(real) : NULL;

		if (real &&
		    (is_common(parent, settings) || !add_sibling(parent, settings, visible)))
			(void)add_sibling(real, settings, visible);
	}
}

/* Headers in several directories, as distributions split them, may lie anywhere. */
static void add_headers(const struct kernel *kernel, const struct settings *settings,
			struct strv *visible)
{
	cleanup(strv_free) struct strv parts = {0};
	cleanup(free_string) char *source = path_join(kernel->module_directory, "source", NULL);

	(void)add_sibling(kernel->source_directory, settings, visible);
	(void)add_sibling(source, settings, visible);
	strv_add(&parts, kernel->source_directory);
	strv_add(&parts, source);
	for (size_t i = 0; i < parts.count && i < 8; i++) {
		add_included(parts.items[i], settings, visible, &parts);
		add_linked(parts.items[i], settings, visible);
	}
}

/* Open to a build's own user, as is every directory above it. */
static bool is_searchable(const char *directory)
{
	cleanup(free_string) char *path = xstrdup(directory);
	struct stat info;

	while (stat(path, &info) == 0 && S_ISDIR(info.st_mode) && (info.st_mode & S_IXOTH)) {
		if (text_equal(path, "/"))
			return true;
		path_ascend(&path);
	}
	return false;
}

/* A path that is shown below a private directory stays reachable. */
static bool is_in_private_place(const char *directory, const struct settings *settings)
{
	const char *const places[] = {"/tmp", "/var/tmp", "/run", settings->temporary};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (path_is_within(directory, places[i]))
			return true;
	return false;
}

void visible_drop_closed(const struct settings *settings, struct strv *environment)
{
	const char *search = environment_get(environment, "PATH");
	cleanup(strv_free) struct strv entries = {0}, open = {0};
	const char *entry;

	strv_split(&entries, search ? search : "", ":");
	STRV_FOREACH (entry, &entries) {
		cleanup(free_string) char *real = entry[0] == '/' ? realpath(entry, NULL) : NULL;

		if (real && (is_in_private_place(real, settings) || is_searchable(real)))
			strv_add(&open, entry);
	}
	cleanup(free_string) char *path = strv_join(&open, ":");

	if (open.count)
		environment_set(environment, "PATH", path);
}

/* A build sees its own module of the tree, and the modules it declares to depend on. */
static void add_modules(const struct build_request *request, struct strv *visible)
{
	const char *tree = request->settings->dkms_tree, *dependency;

	strv_add_owned(visible, path_join(tree, request->id->name, NULL));
	STRV_FOREACH (dependency, &request->package->build_depends)
		if (path_is_plain_name(dependency))
			strv_add_owned(visible, path_join(tree, dependency, NULL));
}

/* Other modules, and what speaks to running programs, or a directory with such in it. */
static bool is_hidden_on_purpose(const char *path, const struct settings *settings)
{
	cleanup(free_string) char *tree = realpath(settings->dkms_tree, NULL);
	const char *const places[] = {"/run", "/dev", "/proc", "/sys",
				      tree ? tree : settings->dkms_tree};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (path_is_within(path, places[i]) || path_is_within(places[i], path))
			return true;
	return false;
}

/* Directories that links of the source lead to. What cannot be found out is found when it is
 * copied. */
static void add_outside(const char *source, const struct settings *settings, struct strv *visible)
{
	cleanup(strv_free) struct strv directories = {0};
	cleanup(error_clear) struct error error = {0};
	const char *path;

	(void)source_outside_directories(source, &directories, &error);
	STRV_FOREACH (path, &directories)
		if (!is_common(path, settings) && !is_hidden_on_purpose(path, settings))
			strv_add(visible, path);
}

void visible_paths(const struct build_request *request, const struct strv *environment,
		   struct strv *hidden, struct strv *visible)
{
	const struct settings *settings = request->settings;
	cleanup(free_string) char *source = layout_source_link(settings, request->id);
	cleanup(free_string) char *real_source = realpath(source, NULL);
	cleanup(free_string) char *front = fronts_find("make-front");
	const char *search = environment_get(environment, "PATH");
	const char *directive;

	strv_add(hidden, settings->dkms_tree);
	strv_add_owned(hidden, settings_path(settings, "/var/cache/dkms"));
	add_modules(request, visible);
	strv_add(visible, settings->source_tree);
	strv_add(visible, settings->install_tree);
	strv_add(visible, request->kernel->source_directory);
	add_headers(request->kernel, settings, visible);
	strv_add_owned(visible, settings_path(settings, "/etc/dkms"));
	if (real_source) {
		strv_add(visible, real_source);
		add_outside(real_source, settings, visible);
	}
	if (front)
		strv_add_owned(visible, path_parent(front));
	strv_split(visible, search ? search : "", ":");
	STRV_FOREACH (directive, &settings->directives)
		add_named(directive, settings, visible);
}
