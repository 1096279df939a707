/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "install/place.h"
#include "model/compression.h"
#include "plan/check_parts.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* Originals that nothing could put back, as nothing tells where they were. */
static int check_origins(struct check *check, const char *name, const struct kernel_id *kernel,
			 const char *archive, struct error *error)
{
	cleanup(strv_free) struct strv files = {0};
	const char *file;

	if (directory_list(archive, &files, error) < 0)
		return error->code;
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *module = module_name_of_file(file);
		cleanup(free_string) char *origin = text_format("%s.origin", file);
		cleanup(free_string) char *path = path_join(archive, file, NULL);

		if (module && !strv_contains(&files, origin))
			check_about(
				check_find(
					check, "origin", REPAIR_BY_HAND, path,
					"nothing tells where this original module was; write its path "
					"below the kernel's directory into %s",
					origin),
				&(struct module_id){(char *)name, NULL}, kernel);
	}
	return 0;
}

/* The place of one of them is free, so that an uninstall that was cut off can be ended. */
static bool can_be_restored(const char *archive)
{
	cleanup(strv_free) struct strv files = {0};
	struct error unreadable = {0};
	const char *file;

	if (directory_list(archive, &files, &unreadable) < 0)
		error_clear(&unreadable);
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *path = path_join(archive, file, NULL);
		cleanup(free_string) char *text = NULL;

		if (!text_ends_with(file, ".origin"))
			continue;
		if (file_read(path, PATH_MAX, &text, NULL, &unreadable) < 0) {
			error_clear(&unreadable);
			continue;
		}
		cleanup(free_string) char *origin = text_trimmed(text);

		if (*origin == '/' && !file_exists_nofollow(origin))
			return true;
	}
	return false;
}

/* What an uninstall could not put back, where nothing takes its place any more. */
static void check_archive(struct check *check, const char *name, const struct kernel_id *kernel,
			  const char *path)
{
	bool room = can_be_restored(path);

	check_about(check_find(check, "originals", room ? REPAIR_RESTORE : REPAIR_BY_HAND, path,
			       room ? "original modules are archived, and nothing is in their place"
				    : "original modules are archived, and nothing is installed in "
				      "their place; each .origin file tells where its module was"),
		    &(struct module_id){(char *)name, NULL}, kernel);
}

int check_originals(struct check *check, const char *name, struct error *error)
{
	cleanup(free_string) char *module = layout_module(check->settings, name);
	cleanup(free_string) char *archive = path_join(module, "original_module", NULL);
	cleanup(strv_free) struct strv releases = {0};
	const char *release, *arch;

	if (directory_list(archive, &releases, error) < 0)
		return error->code;
	STRV_FOREACH (release, &releases) {
		cleanup(free_string) char *directory = path_join(archive, release, NULL);
		cleanup(strv_free) struct strv arches = {0};

		if (directory_list(directory, &arches, error) < 0)
			return error->code;
		STRV_FOREACH (arch, &arches) {
			const struct kernel_id kernel = {(char *)release, (char *)arch};
			cleanup(free_string) char *path = path_join(directory, arch, NULL);
			cleanup(free_string) char *active = registry_active_version(check->settings,
										    name, &kernel);

			if (check_origins(check, name, &kernel, path, error) < 0)
				return error->code;
			if (!active && !directory_is_empty(path))
				check_archive(check, name, &kernel, path);
		}
	}
	return 0;
}
