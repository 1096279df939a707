/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/place.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "kernel/kernel.h"
#include "kernel/module_files.h"
#include "kernel/module_lists.h"
#include "model/compression.h"
#include "module/ko.h"
#include "tree/layout.h"
#include "tree/package_record.h"

/*
 * The record of an install, M/V/K/A/.installed: a line for each module:
 *
 *	updates/dkms/foo.ko	it was put there, below the kernel's directory
 *	refused bar		it was not installed: the kernel's own module of that name stays
 *
 * With this record, a status need not search the kernel's directory. A file at such a path is
 * dkms's own, even if POST_INSTALL, a signer or a compressor changed it (install/ownership.h).
 * Without the file, the reference installed the build, or nobody did. It is written after the
 * active link, so that a link that is newer tells of another tool.
 */

#define FILE_LIMIT 1048576 /* bytes */
#define REFUSED    "refused "

static char *product_path(const struct placement *placement, const char *name)
{
	cleanup(free_string) char *product = layout_product(placement->settings, placement->id,
							    placement->kernel);

	return path_join(product, name, NULL);
}

static char *record_path(const struct placement *placement)
{
	return product_path(placement, LAYOUT_INSTALLED);
}

int installed_record_put(const struct placement *placement, const struct strv *targets,
			 const struct strv *refused, struct transaction *transaction,
			 struct error *error)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *path = record_path(placement);
	cleanup(buffer_free) struct buffer text = {0};
	const char *target, *name;

	STRV_FOREACH (target, targets)
		buffer_add_format(&text, "%s\n", target + strlen(base) + 1);
	STRV_FOREACH (name, refused)
		buffer_add_format(&text, REFUSED "%s\n", name);
	return transaction_put_data(transaction, text.data ? text.data : "", text.length, 0644,
				    path, error);
}

int installed_record_remove(const struct placement *placement, struct transaction *transaction,
			    struct error *error)
{
	cleanup(free_string) char *path = record_path(placement);

	return transaction_remove(transaction, path, error);
}

static void add_line(struct installed_record *record, const char *base, const char *line)
{
	if (text_starts_with(line, REFUSED)) {
		strv_add(&record->refused, line + strlen(REFUSED));
		return;
	}
	cleanup(free_string) char *joined = path_join(base, line, NULL);
	cleanup(free_string) char *target = path_normalize(joined);

	if (target && path_is_within(target, base))
		strv_add_owned(&record->targets, TAKE(target));
}

static bool is_overtaken(const struct placement *placement, const char *path)
{
	cleanup(free_string) char *link = layout_active_link(
		placement->settings, placement->id->name, placement->kernel);
	cleanup(free_string) char *target = layout_active_target(placement->id, placement->kernel);
	cleanup(free_string) char *active = file_readlink(link);
	struct stat at_link, at_record;

	if (!text_equal(active, target) || lstat(link, &at_link) < 0 || stat(path, &at_record) < 0)
		return false;
	return at_link.st_mtim.tv_sec != at_record.st_mtim.tv_sec
		       ? at_link.st_mtim.tv_sec > at_record.st_mtim.tv_sec
		       : at_link.st_mtim.tv_nsec > at_record.st_mtim.tv_nsec;
}

/* Adds the lines of a file; false if there is none. */
static bool read_lines(const char *path, struct strv *lines)
{
	cleanup(free_string) char *text = file_read_if_possible(path, FILE_LIMIT);

	if (!text)
		return false;
	strv_split(lines, text, "\n");
	return true;
}

void installed_record_read(const struct placement *placement, struct installed_record *record)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *path = record_path(placement);
	cleanup(free_string) char *strays = product_path(placement, BUILT_STRAYS_NAME);
	cleanup(installed_record_free) struct installed_record noted = {0};
	cleanup(strv_free) struct strv lines = {0};
	cleanup(strv_free) struct strv stray_lines = {0};
	const char *line;

	record->found = read_lines(path, &lines);
	record->overtaken = record->found && is_overtaken(placement, path);
	STRV_FOREACH (line, &lines)
		add_line(record, base, line);
	(void)read_lines(strays, &stray_lines);
	STRV_FOREACH (line, &stray_lines)
		add_line(&noted, base, line);
	strv_add_all(&record->strays, &noted.targets);
}

int installed_strays_forget(const struct placement *placement, struct transaction *transaction,
			    struct error *error)
{
	cleanup(free_string) char *path = product_path(placement, BUILT_STRAYS_NAME);

	return transaction_remove(transaction, path, error);
}

void installed_record_free(struct installed_record *record)
{
	strv_free(&record->targets);
	strv_free(&record->refused);
	strv_free(&record->strays);
}

char *place_kernel_directory(const struct settings *settings, const struct kernel_id *kernel)
{
	return path_join(settings->install_tree, kernel->release, NULL);
}

bool place_kernel_is_gone(const struct settings *settings, const struct kernel_id *kernel,
			  size_t replaced)
{
	cleanup(free_string) char *directory = place_kernel_directory(settings, kernel);

	return !file_is_directory(directory) || modules_order_is_gone(directory, replaced);
}

bool place_is_really_below(const char *path, const char *base)
{
	cleanup(free_string) char *real_base = realpath(base, NULL);
	cleanup(free_string) char *existing = path_normalize(path);

	if (!real_base || !existing || *path != '/')
		return false;
	for (;;) {
		char *parent = path_parent(existing);

		free(existing);
		existing = parent;
		cleanup(free_string) char *real = realpath(existing, NULL);

		if (real)
			return path_is_within(real, real_base);
		if (errno != ENOENT || text_equal(existing, "/"))
			return false;
	}
}

void place_find_files(const char *directory, const char *name, struct strv *paths)
{
	static const enum compression compressions[] = {COMPRESSION_NONE, COMPRESSION_GZIP,
							COMPRESSION_XZ, COMPRESSION_ZSTD};

	for (size_t i = 0; i < sizeof(compressions) / sizeof(*compressions); i++) {
		cleanup(free_string) char *file = text_format("%s.ko%s", name,
							      compression_suffix(compressions[i]));
		cleanup(free_string) char *path = path_join(directory, file, NULL);

		if (file_exists_nofollow(path) && !file_is_directory(path))
			strv_add_owned(paths, TAKE(path));
	}
}

int place_find_everywhere(const struct placement *placement, const char *name,
			  const char *directory, struct strv *paths, struct error *error)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	/* The search looks at the module directory alone: no need to read headers and config. */
	const struct kernel kernel = {.id = *placement->kernel, .module_directory = base};
	cleanup(strv_free) struct strv found = {0};
	int code = placement->files
			   ? module_files_find(placement->files, &kernel, name, &found, error)
			   : module_files_find_once(&kernel, name, &found, error);
	const char *path;

	if (code < 0)
		return code;
	if (directory)
		place_find_files(directory, name, &found);
	STRV_FOREACH (path, &found)
		if (!strv_contains(paths, path))
			strv_add(paths, path);
	return 0;
}

/* The directory for one conf location ("": unknown); stays NULL where only the conf could tell. */
static int find_directory(const struct placement *placement, const char *conf_location,
			  char **ret_directory, struct error *error)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *location = distro_destination(placement->settings,
								 placement->distro, conf_location);

	if (text_empty(location))
		return 0;
	cleanup(free_string) char *joined = path_join(base, location, NULL);
	cleanup(free_string) char *directory = path_normalize(joined);

	if (!directory || !path_is_within(directory, base))
		return error_set(error, -EINVAL, EXIT_INSTALL,
				 "The destination %s of %s/%s is outside of %s.\n"
				 "Correct DEST_MODULE_LOCATION or ADDON_MODULES_DIR.",
				 location, placement->id->name, placement->id->version, base);
	*ret_directory = TAKE(directory);
	return 0;
}

static struct placed_module *add_module(struct placed_modules *modules, const char *name)
{
	struct placed_module *module = ARRAY_ADD(modules->items, modules->count);

	*module = (struct placed_module){.name = xstrdup(name)};
	return module;
}

static struct placed_module *find_module(const struct placed_modules *modules, const char *name)
{
	for (size_t i = 0; i < modules->count; i++)
		if (text_equal(modules->items[i].name, name))
			return &modules->items[i];
	return NULL;
}

/* Adds built modules that the package does not name, and fills in `built` for all. */
static int add_built(const struct placement *placement, struct placed_modules *modules,
		     struct error *error)
{
	cleanup(free_string) char *directory = layout_product_modules(
		placement->settings, placement->id, placement->kernel);
	cleanup(strv_free) struct strv files = {0};
	int code = directory_list(directory, &files, error);
	const char *file;

	if (code < 0)
		return code;
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *name = module_name_of_file(file);
		struct placed_module *module = name ? find_module(modules, name) : NULL;

		if (!name)
			continue;
		if (!module) {
			module = add_module(modules, name);
			code = find_directory(placement, "", &module->directory, error);
			if (code < 0)
				return code;
		}
		free(module->built);
		module->built = path_join(directory, file, NULL);
	}
	return 0;
}

static void apply_record(const struct placement *placement, struct placed_modules *modules)
{
	cleanup(installed_record_free) struct installed_record record = {0};
	const char *target;

	installed_record_read(placement, &record);
	modules->is_recorded = record.found && !record.overtaken;
	STRV_FOREACH (target, &record.targets) {
		cleanup(free_string) char *name = module_name_of_file(path_basename(target));
		struct placed_module *module = name ? find_module(modules, name) : NULL;

		if (module)
			text_assign(&module->recorded, target);
	}
	for (size_t i = 0; modules->is_recorded && i < modules->count; i++)
		modules->items[i].refused = strv_contains(&record.refused, modules->items[i].name);
}

void placed_modules_add_recorded(const struct placement *placement, struct placed_modules *modules)
{
	cleanup(installed_record_free) struct installed_record record = {0};
	const char *target;

	installed_record_read(placement, &record);
	STRV_FOREACH (target, &record.targets) {
		cleanup(free_string) char *name = module_name_of_file(path_basename(target));

		if (name && !find_module(modules, name))
			text_assign(&add_module(modules, name)->recorded, target);
	}
}

int placed_modules_list(const struct placement *placement, struct placed_modules *modules,
			struct error *error)
{
	const struct package *package = placement->package;

	for (size_t i = 0; package && i < package->module_count; i++) {
		const struct built_module *expected = &package->modules[i];

		if (expected->excluded)
			continue;
		struct placed_module *module = add_module(modules, expected->dest_name);
		int code = find_directory(placement, expected->dest_location, &module->directory,
					  error);

		if (code < 0)
			return code;
	}
	int code = add_built(placement, modules, error);

	if (!code)
		apply_record(placement, modules);
	return code;
}

void placed_modules_free(struct placed_modules *modules)
{
	for (size_t i = 0; i < modules->count; i++) {
		free(modules->items[i].name);
		free(modules->items[i].built);
		free(modules->items[i].directory);
		free(modules->items[i].recorded);
	}
	free(modules->items);
	*modules = (struct placed_modules){0};
}

bool place_is_link_into_tree(const struct placement *placement, const char *file)
{
	cleanup(free_string) char *tree = layout_module(placement->settings, placement->id->name);
	cleanup(free_string) char *target = file_readlink(file);
	cleanup(free_string) char *text = tree_link_text(placement->settings, file, tree);

	return target && (path_is_within(target, tree) || path_is_within(target, text));
}

bool place_same_module(const char *built, const char *file)
{
	bool same = false;
	cleanup(error_clear) struct error unreadable = {0};

	if (file_same_content(built, file))
		return true;
	if (ko_same_module(built, file, &same, &unreadable) < 0)
		same = false;
	return same;
}
