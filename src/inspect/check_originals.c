/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "inspect/check_parts.h"
#include "install/ownership.h"
#include "install/place.h"
#include "kernel/module_lists.h"
#include "model/compression.h"
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

/* The archived files of which something tells where they were, inside the kernel's directory. */
static void list_archived(struct check *check, const struct kernel_id *kernel, const char *archive,
			  struct strv *paths)
{
	cleanup(free_string) char *base = place_kernel_directory(check->settings, kernel);
	cleanup(strv_free) struct strv files = {0};
	const char *file;

	directory_list_if_possible(archive, &files);
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *path = path_join(archive, file, NULL);
		cleanup(free_string) char *module = module_name_of_file(file);
		cleanup(free_string) char *origin = module ? originals_origin(check->settings, path)
							   : NULL;

		if (origin && place_is_really_below(origin, base) &&
		    text_equal(path_basename(origin), file))
			strv_add(paths, path);
	}
}

/* The place of one of them is free, or the very file is in it: an uninstall can be ended. */
static bool can_be_restored(const struct check *check, const struct strv *archived)
{
	const char *path;

	STRV_FOREACH (path, archived) {
		cleanup(free_string) char *origin = originals_origin(check->settings, path);

		if (!file_exists_nofollow(origin) || file_same_content(path, origin))
			return true;
	}
	return false;
}

/* The kernel's package has brought another file since: owned by the caller, NULL if not. */
static char *find_renewed(struct check *check, const struct kernel_id *kernel, const char *archived)
{
	cleanup(free_string) char *base = place_kernel_directory(check->settings, kernel);
	cleanup(free_string) char *origin = originals_origin(check->settings, archived);

	return file_exists(origin) && modules_order_lists(base, origin) &&
			       !file_same_content(archived, origin)
		       ? TAKE(origin)
		       : NULL;
}

/* Nothing needs these any more: the newer files of the kernel's are in their places. */
static bool are_all_renewed(struct check *check, const struct kernel_id *kernel,
			    const struct strv *archived)
{
	const char *path;

	STRV_FOREACH (path, archived) {
		cleanup(free_string) char *origin = find_renewed(check, kernel, path);

		if (!origin)
			return false;
	}
	return archived->count > 0;
}

/* Originals that an uninstall could not put back, and whose place is free. */
static void check_archived(struct check *check, const char *name, const struct kernel_id *kernel,
			   const struct strv *archived, const char *path)
{
	bool renewed = are_all_renewed(check, kernel, archived);
	bool room = can_be_restored(check, archived) ||
		    place_kernel_is_gone(check->settings, kernel, 0);
	struct check_finding *finding = check_find(
		check, "originals",
		renewed ? REPAIR_DISCARD
		: room  ? REPAIR_RESTORE
			: REPAIR_BY_HAND,
		path, "original modules are archived, and %s",
		renewed ? "the kernel's package has brought newer files in their places, so that "
			  "nothing needs them"
		: room  ? "nothing is in their place"
			: "nothing is installed in their place; each .origin file tells where its "
			  "module was");

	finding->costs = renewed;
	check_about(finding, &(struct module_id){(char *)name, NULL}, kernel);
}

static void check_archive(struct check *check, const char *name, const struct kernel_id *kernel,
			  const char *path)
{
	cleanup(strv_free) struct strv archived = {0};

	list_archived(check, kernel, path, &archived);
	check_archived(check, name, kernel, &archived, path);
}

/* Beside an installed module: the next install takes the kernel's newer file into the archive. */
static void check_replaced(struct check *check, const char *name, const char *version,
			   const struct kernel_id *kernel, const char *archive)
{
	const struct module_id id = {(char *)name, (char *)version};
	const struct placement placement = {
		.settings = check->settings, .distro = check->distro, .id = &id, .kernel = kernel};
	cleanup(placed_files_free) struct placed_files files = {0};
	cleanup(strv_free) struct strv archived = {0};
	cleanup(error_clear) struct error unknown = {0};
	const char *path;

	list_archived(check, kernel, archive, &archived);
	if (!archived.count)
		return;
	(void)placed_modules_find_own(&placement, &files, &unknown);
	STRV_FOREACH (path, &archived) {
		cleanup(free_string) char *origin = find_renewed(check, kernel, path);

		if (origin && !strv_contains(&files.own, origin))
			check_about(check_find(check, "renewed", REPAIR_BY_HAND, path,
					       "the kernel's package has brought %s anew; dkms "
					       "install --force %s/%s -k %s archives that in the "
					       "place of this older copy",
					       origin, name, version, kernel->release),
				    &id, kernel);
	}
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
			if (active)
				check_replaced(check, name, active, &kernel, path);
			else if (!temporary_is_all_in(path))
				check_archive(check, name, &kernel, path);
		}
	}
	return 0;
}

/* The archive's own entry covers these. */
static int list_only_kept(struct check *check, const char *name, const struct kernel_id *kernel,
			  struct strv *paths, struct error *error)
{
	cleanup(free_string) char *archive = layout_originals(check->settings, name, kernel);
	cleanup(strv_free) struct strv kept = {0};
	const char *path;

	if (originals_list_kept(check->settings, name, kernel, &kept, error) < 0)
		return error->code;
	STRV_FOREACH (path, &kept) {
		cleanup(free_string) char *archived = path_join(archive, path_basename(path), NULL);
		cleanup(free_string) char *origin = originals_origin(check->settings, path);

		if (origin && !file_exists_nofollow(archived))
			strv_add(paths, path);
	}
	return 0;
}

static int check_kept_of(struct check *check, const char *name, const char *release,
			 struct error *error)
{
	cleanup(free_string) char *all = layout_private(check->settings, "originals");
	cleanup(free_string) char *directory = path_join(all, name, release, NULL);
	cleanup(strv_free) struct strv arches = {0};
	const char *arch;

	if (directory_list(directory, &arches, error) < 0)
		return error->code;
	STRV_FOREACH (arch, &arches) {
		const struct kernel_id kernel = {(char *)release, (char *)arch};
		cleanup(free_string) char *path = path_join(directory, arch, NULL);
		cleanup(free_string) char *active = registry_active_version(check->settings, name,
									    &kernel);
		cleanup(strv_free) struct strv kept = {0};

		if (list_only_kept(check, name, &kernel, &kept, error) < 0)
			return error->code;
		if (active || !kept.count)
			continue;
		check_archived(check, name, &kernel, &kept, path);
	}
	return 0;
}

int check_kept(struct check *check, struct error *error)
{
	cleanup(free_string) char *all = layout_private(check->settings, "originals");
	cleanup(strv_free) struct strv names = {0};
	const char *name, *release;

	if (directory_list(all, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *directory = path_join(all, name, NULL);
		cleanup(strv_free) struct strv releases = {0};

		if (directory_list(directory, &releases, error) < 0)
			return error->code;
		STRV_FOREACH (release, &releases)
			if (check_kept_of(check, name, release, error) < 0)
				return error->code;
	}
	return 0;
}
