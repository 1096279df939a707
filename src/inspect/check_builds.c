/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds of other machines whose publisher is not trusted any more. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/walk.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "inspect/check_parts.h"
#include "install/modprobe.h"
#include "install/place.h"
#include "journal/leftovers.h"
#include "model/compression.h"
#include "module/ko.h"
#include "plan/facts.h"
#include "remote/remote.h"
#include "reuse/manifest.h"
#include "tree/layout.h"
#include "tree/lock.h"
#include "tree/package_record.h"
#include "tree/registry.h"
#include "trust/trust.h"

/* Leftovers: temporary files, dead links, lines for modprobe. */

#define CONF_PREFIX "dkms-"
#define CONF_SUFFIX ".conf"

/* True if M has an active link, for whichever kernel. */
static bool is_installed_anywhere(struct check *check, const char *name)
{
	cleanup(free_string) char *module = layout_module(check->settings, name);
	cleanup(strv_free) struct strv names = {0};
	const char *entry;

	directory_list_if_possible(module, &names);
	STRV_FOREACH (entry, &names) {
		cleanup(free_string) char *link = path_join(module, entry, NULL);

		if (text_starts_with(entry, "kernel-") && file_is_symlink(link) &&
		    file_exists(link))
			return true;
	}
	return false;
}

int check_modprobe(struct check *check, struct error *error)
{
	cleanup(free_string) char *directory = settings_path(check->settings, "/etc/modprobe.d");
	cleanup(strv_free) struct strv files = {0};
	const char *file;

	if (directory_list(directory, &files, error) < 0)
		return error->code;
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *path = path_join(directory, file, NULL);

		if (!text_starts_with(file, CONF_PREFIX) || !text_ends_with(file, CONF_SUFFIX) ||
		    strlen(file) <= strlen(CONF_PREFIX CONF_SUFFIX))
			continue;
		cleanup(free_string) char *name = text_format(
			"%.*s", (int)(strlen(file) - strlen(CONF_PREFIX CONF_SUFFIX)),
			file + strlen(CONF_PREFIX));

		if (modules_conf_is_ours(name, path) && !is_installed_anywhere(check, name))
			check_about(check_find(check, "modprobe", REPAIR_DISCARD, path,
					       "%s is installed on no kernel, and its lines for "
					       "modprobe are still here",
					       name),
				    &(struct module_id){name, NULL}, NULL);
	}
	return 0;
}

static void check_entry(struct check *check, const char *name, const char *path)
{
	if (leftovers_is_one(name))
		(void)check_find(check, "leftover", REPAIR_DISCARD, path,
				 "a dkms that was cut off left this temporary file");
	else if (temporary_is(name, "old"))
		(void)check_find(check, "leftover", REPAIR_BY_HAND, path,
				 "a dkms that was cut off kept here what it was about to replace; "
				 "move it back if the file is missing, else away");
	else if (file_is_symlink(path) && !file_exists(path) && strstr(path, "/weak-updates/"))
		(void)check_find(check, "weak-link", REPAIR_DISCARD, path,
				 "the module that it leads to is gone");
}

/* All names, dot-names too. */
static int list_all(const char *path, struct strv *names, struct error *error)
{
	struct entries entries;
	const struct dirent64 *entry;
	int code = entries_open(&entries, AT_FDCWD, path);

	if (code == -ENOENT || code == -ENOTDIR)
		return 0;
	if (!code) {
		while ((entry = entries_next(&entries)))
			strv_add(names, entry->d_name);
		code = entries_close(&entries);
	}
	if (code < 0)
		return error_errno(error, code, 0, "Cannot read the directory %s", path);
	strv_sort(names);
	return 0;
}

/* Visits everything below path, down to that depth. Follows no link. */
static int walk(struct check *check, const char *path, int depth, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (list_all(path, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *below = path_join(path, name, NULL);

		check_entry(check, name, below);
		if (depth && *name != '.' && !file_is_symlink(below) && file_is_directory(below) &&
		    walk(check, below, depth - 1, error) < 0)
			return error->code;
	}
	return 0;
}

int check_leftovers(struct check *check, struct error *error)
{
	cleanup(free_string) char *journals = layout_private(check->settings, "journal");

	/* Paths in a journal are in use, or the next run settles them. */
	if (tree_lock_is_anothers(check->settings) ||
	    (file_exists(journals) && !temporary_is_all_in(journals)))
		return 0;
	if (walk(check, check->settings->dkms_tree, 4, error) < 0)
		return error->code;
	return walk(check, check->settings->install_tree, 16, error);
}

static bool is_trusted(const struct trust *trust, const struct module_id *id,
		       const struct pulled *pulled)
{
	cleanup(strv_free) struct strv keys = {0};
	cleanup(error_clear) struct error unreadable = {0};

	return trust && trust_list_keys(trust, id->name, pulled->remote, &keys, &unreadable) == 0 &&
	       strv_contains(&keys, pulled->key_id);
}

static void check_build(struct check *check, const struct trust *trust, const struct module_id *id,
			const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(check->settings, id, kernel);
	cleanup(pulled_free_handler) struct pulled *pulled = NULL;
	cleanup(error_clear) struct error none = {0};

	if (pulled_read(product, &pulled, &none) < 0 || is_trusted(trust, id, pulled))
		return;
	cleanup(free_string) char *host = remote_host(pulled->remote);

	check_about(
		check_find(check, "publisher-not-trusted", REPAIR_BY_HAND, product,
			   "it was pulled from %s and signed by \"%s\" (%s), who is not trusted "
			   "here any more",
			   host, pulled->publisher, pulled->key_id),
		id, kernel);
}

static bool is_pulled(const struct check *check, const struct module_id *id,
		      const struct kernel_ids *kernels)
{
	for (size_t i = 0; i < kernels->count; i++) {
		cleanup(free_string) char *product = layout_product(check->settings, id,
								    &kernels->items[i]);
		cleanup(pulled_free_handler) struct pulled *pulled = NULL;
		cleanup(error_clear) struct error none = {0};

		if (pulled_read(product, &pulled, &none) == 0)
			return true;
	}
	return false;
}

int check_publishers(struct check *check, const struct module_id *id, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};
	cleanup(trust_free_handler) struct trust *trust = NULL;
	cleanup(error_clear) struct error unusable = {0};

	if (registry_list_kernels(check->settings, id, &kernels, error) < 0)
		return error->code;
	if (!is_pulled(check, id, &kernels))
		return 0;
	/* If the publishers cannot be read, nobody is trusted. */
	(void)trust_load(check->settings, NULL, &trust, &unusable);
	for (size_t i = 0; i < kernels.count; i++)
		check_build(check, trust, id, &kernels.items[i]);
	return 0;
}

/* A file that was being written: nothing in it, or cut short. */
static bool is_cut_off(const char *path)
{
	cleanup(ko_info_free) struct ko_info info = {0};
	cleanup(error_clear) struct error unreadable = {0};
	int code = ko_read_info(path, &info, &unreadable);

	return code == -ENOEXEC || code == -EBADMSG;
}

static bool has_cut_off_module(const char *directory)
{
	cleanup(strv_free) struct strv files = {0};
	const char *file;

	directory_list_if_possible(directory, &files);
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *path = path_join(directory, file, NULL);
		cleanup(free_string) char *module = module_name_of_file(file);

		if (module && is_cut_off(path))
			return true;
	}
	return false;
}

/* Keep a build that is installed or that cannot be built again. */
static bool can_be_missed(struct check *check, const struct module_id *id,
			  const struct kernel_id *kernel)
{
	return registry_version_state(check->settings, id) == VERSION_ADDED &&
	       !registry_is_installed(check->settings, id, kernel);
}

/* No file that an evaluation reads has changed since the build was made. */
static bool is_older_than_build(struct check *check, const struct module_id *id,
				const char *modules)
{
	cleanup(free_string) char *source = layout_source_link(check->settings, id);
	cleanup(free_string) char *conf = path_join(source, "dkms.conf", NULL);
	cleanup(free_string) char *overrides = settings_path(check->settings, "/etc/dkms");
	cleanup(strv_free) struct strv names = {0};
	cleanup(strv_free) struct strv paths = {0};
	struct stat built, read;
	const char *name, *path;

	directory_list_if_possible(overrides, &names);
	STRV_FOREACH (name, &names)
		if (text_starts_with(name, id->name))
			strv_add_owned(&paths, path_join(overrides, name, NULL));
	strv_add(&paths, conf);
	strv_add(&paths, overrides);
	if (stat(modules, &built) < 0)
		return false;
	STRV_FOREACH (path, &paths)
		if (stat(path, &read) == 0 && (read.st_mtim.tv_sec > built.st_mtim.tv_sec ||
					       (read.st_mtim.tv_sec == built.st_mtim.tv_sec &&
						read.st_mtim.tv_nsec > built.st_mtim.tv_nsec)))
			return false;
	return true;
}

/* For a build without a record: as far as its conf has not changed since. */
static const struct package *read_package(struct check *check, struct planner *planner,
					  const struct module_id *id,
					  const struct kernel_id *kernel_id, const char *modules)
{
	const struct package *package = NULL;
	const struct kernel *kernel;
	cleanup(error_clear) struct error unknown = {0};

	if (!is_older_than_build(check, id, modules))
		return NULL;
	if (planner_kernel(planner, kernel_id, &kernel, &unknown) == 0)
		(void)planner_package(planner, id, kernel, false, &package, &unknown);
	return package;
}

/* The name of a module that the package had and the build has not; NULL: none that is known. */
static char *find_lacking(struct check *check, const struct module_id *id,
			  const struct kernel_id *kernel_id, const char *directory)
{
	cleanup(plan_free) struct plan plan = {0};
	cleanup(planner_free) struct planner planner = {
		.settings = check->settings, .distro = check->distro, .plan = &plan};
	cleanup(placed_modules_free) struct placed_modules modules = {0};
	cleanup(package_free_handler) struct package *recorded = built_package_read(check->settings,
										    id, kernel_id);
	const struct placement placement = {
		.settings = check->settings,
		.distro = check->distro,
		.id = id,
		.package = recorded ? recorded
				    : read_package(check, &planner, id, kernel_id, directory),
		.kernel = kernel_id,
	};
	cleanup(error_clear) struct error unknown = {0};

	(void)placed_modules_list(&placement, &modules, &unknown);
	for (size_t i = 0; i < modules.count; i++)
		if (!modules.items[i].built)
			return xstrdup(modules.items[i].name);
	return NULL;
}

/* M/V/K/A with modules, but not all of them, or not all of each. */
static void check_modules(struct check *check, const struct module_id *id,
			  const struct kernel_id *kernel, const char *path, const char *modules)
{
	bool discarded = can_be_missed(check, id, kernel);
	bool cut_off = has_cut_off_module(modules);
	cleanup(free_string) char *lacking = cut_off ? NULL
						     : find_lacking(check, id, kernel, modules);

	if (!cut_off && !lacking)
		return;
	check_about(check_find(check, "incomplete", discarded ? REPAIR_DISCARD : REPAIR_BY_HAND,
			       path, "a build was cut off: %s%s%s", lacking ? "it lacks " : "",
			       lacking ? lacking : "a module in it is cut short",
			       discarded ? "" : "; dkms build --force makes it anew"),
		    id, kernel);
}

/* M/V/K/A that a build began and did not end: no module in it. */
static int check_products(struct check *check, const struct module_id *id, const char *kernel_path,
			  struct error *error)
{
	cleanup(strv_free) struct strv arches = {0};
	const char *arch;

	if (directory_list(kernel_path, &arches, error) < 0)
		return error->code;
	STRV_FOREACH (arch, &arches) {
		const struct kernel_id kernel = {(char *)path_basename(kernel_path), (char *)arch};
		cleanup(free_string) char *path = path_join(kernel_path, arch, NULL);
		cleanup(free_string) char *modules = path_join(path, "module", NULL);
		cleanup(free_string) char *log = path_join(path, "log", NULL);

		if (!file_is_directory(modules)
			    ? file_is_directory(log) || temporary_is_all_in(path)
			    : temporary_is_all_in(modules))
			check_about(check_find(check, "half-built", REPAIR_DISCARD, path,
					       "a build was cut off before its modules were there"),
				    id, NULL);
		else
			check_modules(check, id, &kernel, path, modules);
	}
	return 0;
}

int check_builds(struct check *check, const struct module_id *id, struct error *error)
{
	cleanup(free_string) char *version = layout_version(check->settings, id);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (directory_list(version, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(version, name, NULL);

		if (text_equal(name, "build") || text_equal(name, "tarball") ||
		    file_is_symlink(path) || !file_is_directory(path))
			continue;
		if (check_products(check, id, path, error) < 0)
			return error->code;
	}
	return 0;
}
