/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a build sees of the directories that its cage hides. */
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "build/environment.h"
#include "build/fronts.h"
#include "tree/layout.h"

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
 * Installers of drivers write the build command to a file in /tmp and name it with --directive:
 * what the administrator names there as a path, its builds may see.
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

void visible_paths(const struct build_request *request, const struct strv *environment,
		   struct strv *visible)
{
	const struct settings *settings = request->settings;
	cleanup(free_string) char *source = layout_source_link(settings, request->id);
	cleanup(free_string) char *real_source = realpath(source, NULL);
	cleanup(free_string) char *front = fronts_find("make-front");
	const char *search = environment_get(environment, "PATH");
	const char *directive;

	strv_add(visible, settings->dkms_tree);
	strv_add(visible, settings->source_tree);
	strv_add(visible, settings->install_tree);
	strv_add(visible, request->kernel->source_directory);
	strv_add_owned(visible, settings_path(settings, "/etc/dkms"));
	if (real_source)
		strv_add(visible, real_source);
	if (front)
		strv_add_owned(visible, path_parent(front));
	strv_split(visible, search ? search : "", ":");
	STRV_FOREACH (directive, &settings->directives)
		add_named(directive, settings, visible);
}
