/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/walk.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "model/compression.h"
#include "tree/layout.h"
#include "tree/package_record.h"

/* A visit of all builds of a version. */
struct tree_visit {
	struct visited_build build;
	const char *version; /* the path of M/V */
	registry_visitor *visit;
	void *context;
};

static bool is_kernel_name(const char *name)
{
	static const char *const reserved[] = {"source", "build", "tarball"};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (text_equal(name, reserved[i]))
			return false;
	return path_is_plain_name(name);
}

static int cannot_visit(int code, const struct tree_visit *walk, const char *release,
			struct error *error)
{
	cleanup(free_string) char *path = path_join(walk->version, release, NULL);

	return error_errno(error, code, 0, "Cannot read the directory %s", path);
}

static int visit_release(struct tree_visit *walk, int version, const char *release,
			 struct error *error)
{
	struct entries entries;
	const struct dirent64 *entry;
	int code = entries_open(&entries, version, release);

	if (code < 0)
		return code == -ENOENT ? 0 : cannot_visit(code, walk, release, error);
	walk->build.release = entries.fd;
	while (!code && (entry = entries_next(&entries))) {
		if (!path_is_plain_name(entry->d_name) || !entries_is_directory(&entries, entry))
			continue;
		walk->build.kernel = (struct kernel_id){(char *)release, (char *)entry->d_name};
		code = walk->visit(&walk->build, walk->context, error);
	}
	int end = entries_close(&entries);

	if (!code && end < 0)
		code = cannot_visit(end, walk, release, error);
	return code;
}

static int visit_version(struct tree_visit *walk, struct error *error)
{
	cleanup(free_string) char *module = layout_module(walk->build.settings,
							  walk->build.id->name);
	struct entries entries;
	const struct dirent64 *entry;
	int code = entries_open(&entries, AT_FDCWD, walk->version);

	if (code < 0)
		return code == -ENOENT || code == -ENOTDIR ? 0
							   : cannot_visit(code, walk, "", error);
	walk->build.module = open(module, O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (!code && (entry = entries_next(&entries)))
		if (is_kernel_name(entry->d_name) && entries_is_directory(&entries, entry))
			code = visit_release(walk, entries.fd, entry->d_name, error);
	close_fd(&walk->build.module);
	int end = entries_close(&entries);

	if (!code && end < 0)
		code = cannot_visit(end, walk, "", error);
	return code;
}

int registry_visit_builds(const struct settings *settings, const struct module_id *id,
			  registry_visitor *visit, void *context, struct error *error)
{
	cleanup(free_string) char *version = layout_version(settings, id);
	struct tree_visit walk = {
		.build = {.settings = settings, .id = id},
		.version = version,
		.visit = visit,
		.context = context,
	};

	return visit_version(&walk, error);
}

/* Stats the path "A" + suffix. */
static bool stat_below(const struct visited_build *build, const char *suffix, struct stat *info)
{
	char path[NAME_MAX + sizeof("/" BUILT_PACKAGE_NAME)];

	return text_put(path, sizeof(path), build->kernel.arch, suffix, NULL) &&
	       fstatat(build->release, path, info, 0) == 0;
}

bool visited_is_built(const struct visited_build *build)
{
	struct stat info;

	return stat_below(build, "/module", &info) && S_ISDIR(info.st_mode);
}

/* The modules that M/V/K/A/module holds; none that is known where it cannot be read. */
static void list_modules(const struct visited_build *build, struct strv *names)
{
	char path[NAME_MAX + sizeof("/module")];
	struct entries entries;
	const struct dirent64 *entry;

	if (!text_put(path, sizeof(path), build->kernel.arch, "/module", NULL) ||
	    entries_open(&entries, build->release, path) < 0)
		return;
	while ((entry = entries_next(&entries))) {
		cleanup(free_string) char *name = module_name_of_file(entry->d_name);

		if (name)
			strv_add_owned(names, TAKE(name));
	}
	(void)entries_close(&entries);
}

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

bool visited_lacks_modules(const struct visited_build *build)
{
	cleanup(strv_free) struct strv names = {0};
	cleanup(package_free_handler) struct package *package = NULL;
	struct stat directory, record;

	/* Nothing came or went since the record was written: so it is with nearly all. */
	if (stat_below(build, "/module", &directory) &&
	    stat_below(build, "/" BUILT_PACKAGE_NAME, &record) &&
	    !is_newer(&directory.st_mtim, &record.st_mtim))
		return false;
	list_modules(build, &names);
	package = built_package_read(build->settings, build->id, &build->kernel);
	if (!package)
		return !names.count;
	for (size_t i = 0; i < package->module_count; i++)
		if (!package->modules[i].excluded &&
		    !strv_contains(&names, package->modules[i].dest_name))
			return true;
	return false;
}

/* The target of a link below directory. False if there is no link, or the target does not fit. */
static bool read_link(int directory, const char *path, char *target)
{
	ssize_t length = readlinkat(directory, path, target, PATH_MAX);

	if (length < 0 || length == PATH_MAX)
		return false;
	target[length] = '\0';
	return true;
}

bool visited_is_active(const struct visited_build *build)
{
	char link[NAME_MAX + 1], target[PATH_MAX], usual[PATH_MAX];
	const struct kernel_id *kernel = &build->kernel;

	if (!text_put(link, sizeof(link), "kernel-", kernel->release, "-", kernel->arch, NULL) ||
	    !read_link(build->module, link, target))
		return false;
	if (text_put(usual, sizeof(usual), build->id->version, "/", kernel->release, "/",
		     kernel->arch, NULL) &&
	    text_equal(target, usual))
		return true;
	/* The link is another version's, or somebody made it by hand. */
	cleanup(free_string) char *active = registry_active_version(build->settings,
								    build->id->name, kernel);

	return text_equal(active, build->id->version);
}

static char *mark_of(const struct visited_build *build, const char *mark)
{
	char path[NAME_MAX + sizeof("/" LAYOUT_REUSED LAYOUT_PULLED)], target[PATH_MAX];

	if (!text_put(path, sizeof(path), build->kernel.arch, "/", mark, NULL) ||
	    !read_link(build->release, path, target))
		return NULL;
	return xstrdup(target);
}

char *visited_reused_from(const struct visited_build *build)
{
	return mark_of(build, LAYOUT_REUSED);
}

char *visited_pulled_from(const struct visited_build *build)
{
	return mark_of(build, LAYOUT_PULLED);
}

/* Which names of a directory can stand for what is listed there. */
typedef bool name_filter(const char *name);

/* Links to what is active and the archive of originals lie beside the versions. */
static bool is_version_name(const char *name)
{
	return path_is_plain_name(name) && !text_equal(name, "original_module") &&
	       !text_starts_with(name, "kernel-");
}

/* Adds "NAME" or, with the suffix "/", "NAME/" for each directory in path, unsorted. 0 or a
 * negative errno. */
static int add_directories(const char *path, name_filter *wanted, const char *suffix,
			   struct strv *names)
{
	struct entries entries;
	const struct dirent64 *entry;
	int code = entries_open(&entries, AT_FDCWD, path);

	if (code < 0)
		return code;
	while ((entry = entries_next(&entries)))
		if (wanted(entry->d_name) && entries_is_directory(&entries, entry))
			strv_add_owned(names, path_join(entry->d_name, suffix, NULL));
	return entries_close(&entries);
}

static int cannot_read(int code, const char *path, struct error *error)
{
	return error_errno(error, code, 0, "Cannot read the directory %s", path);
}

int registry_list_modules(const struct settings *settings, struct strv *names, struct error *error)
{
	cleanup(strv_free) struct strv found = {0};
	const char *name;
	/* Sorted with the slash that follows them in paths: "foo-bar/" comes before "foo/". */
	int code = add_directories(settings->dkms_tree, path_is_plain_name, "/", &found);

	if (code < 0 && code != -ENOENT)
		return cannot_read(code, settings->dkms_tree, error);
	strv_sort(&found);
	STRV_FOREACH (name, &found)
		strv_add_owned(names, xstrndup(name, strlen(name) - 1));
	return 0;
}

int registry_list_versions(const struct settings *settings, const char *name, struct strv *versions,
			   struct error *error)
{
	cleanup(free_string) char *module = layout_module(settings, name);
	cleanup(strv_free) struct strv found = {0};
	int code = add_directories(module, is_version_name, "", &found);

	if (code < 0 && code != -ENOENT && code != -ENOTDIR)
		return cannot_read(code, module, error);
	strv_sort(&found);
	strv_add_all(versions, &found);
	return 0;
}

int registry_require_versions(const struct settings *settings, const char *name,
			      struct strv *versions, struct error *error)
{
	if (registry_list_versions(settings, name, versions, error) < 0)
		return error->code;
	if (!versions->count)
		return error_set(error, -ENOENT, EXIT_TREE,
				 "The module %s is not in the DKMS tree. See: dkms status", name);
	return 0;
}

static int add_product(const struct visited_build *build, void *products, struct error *error)
{
	(void)error;
	if (visited_is_built(build))
		strv_add_owned(products,
			       path_join(build->kernel.release, build->kernel.arch, NULL));
	return 0;
}

int registry_list_kernels(const struct settings *settings, const struct module_id *id,
			  struct kernel_ids *kernels, struct error *error)
{
	cleanup(strv_free) struct strv products = {0};
	char *name;

	if (registry_visit_builds(settings, id, add_product, &products, error) < 0)
		return error->code;
	strv_sort(&products);
	STRV_FOREACH (name, &products) {
		char *slash = strchr(name, '/');

		*slash = '\0';
		kernel_ids_add(kernels, name, slash + 1);
	}
	return 0;
}

enum version_state registry_version_state(const struct settings *settings,
					  const struct module_id *id)
{
	if (!path_is_plain_name(id->name) || !is_version_name(id->version))
		return VERSION_UNKNOWN;
	cleanup(free_string) char *source = layout_source_link(settings, id);

	if (file_is_directory(source))
		return VERSION_ADDED;
	cleanup(free_string) char *version = layout_version(settings, id);

	return file_is_directory(version) ? VERSION_BROKEN : VERSION_UNKNOWN;
}

bool registry_is_built(const struct settings *settings, const struct module_id *id,
		       const struct kernel_id *kernel)
{
	cleanup(free_string) char *modules = layout_product_modules(settings, id, kernel);

	return file_is_directory(modules);
}

bool registry_has_strays(const struct settings *settings, const struct module_id *id,
			 const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(free_string) char *note = path_join(product, BUILT_STRAYS_NAME, NULL);

	return file_is_regular(note);
}

bool registry_is_stale(const struct settings *settings, const struct module_id *id,
		       const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(free_string) char *mark = path_join(product, LAYOUT_STALE, NULL);

	return file_exists_nofollow(mark);
}

char *registry_linked_version(const struct settings *settings, const char *name,
			      const struct kernel_id *kernel)
{
	cleanup(free_string) char *link = layout_active_link(settings, name, kernel);
	cleanup(free_string) char *target = file_readlink(link);
	cleanup(free_string) char *module = layout_module(settings, name);
	cleanup(free_string) char *suffix = path_join("/", kernel->release, kernel->arch, NULL);
	const char *version = target;

	if (!target)
		return NULL;
	if (*target == '/') { /* made by hand; dkms writes V/K/A */
		if (!path_is_within(target, module) || strlen(target) <= strlen(module))
			return NULL;
		version = target + strlen(module) + 1;
	}
	if (!text_ends_with(version, suffix))
		return NULL;
	cleanup(free_string) char *linked = xstrndup(version, strlen(version) - strlen(suffix));

	return is_version_name(linked) ? TAKE(linked) : NULL;
}

char *registry_active_version(const struct settings *settings, const char *name,
			      const struct kernel_id *kernel)
{
	cleanup(free_string) char *linked = registry_linked_version(settings, name, kernel);
	const struct module_id id = {(char *)name, linked};

	return linked && registry_is_built(settings, &id, kernel) ? TAKE(linked) : NULL;
}

bool registry_is_installed(const struct settings *settings, const struct module_id *id,
			   const struct kernel_id *kernel)
{
	cleanup(free_string) char *active = registry_active_version(settings, id->name, kernel);

	return text_equal(active, id->version);
}

char *registry_dependency_version(const struct settings *settings, const struct module_id *id,
				  const struct kernel_id *kernel, const char *dependency)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(free_string) char *name = text_format(".dep_%s", dependency);
	cleanup(free_string) char *path = path_join(product, name, NULL);

	cleanup(free_string) char *content = file_read_if_possible(path, NAME_MAX + 2);

	if (!content)
		return NULL;
	return text_trimmed(content);
}

char *registry_reused_from(const struct settings *settings, const struct module_id *id,
			   const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(free_string) char *mark = path_join(product, LAYOUT_REUSED, NULL);

	return file_readlink(mark);
}

bool registry_keeps_originals(const struct settings *settings, const char *name)
{
	cleanup(free_string) char *module = layout_module(settings, name);
	cleanup(free_string) char *archive = path_join(module, "original_module", NULL);

	return file_is_directory(archive);
}

bool registry_has_originals(const struct settings *settings, const char *name,
			    const struct kernel_id *kernel)
{
	cleanup(free_string) char *originals = layout_originals(settings, name, kernel);

	/* Files that an uninstall has moved aside and not yet committed are back in their places.
	 */
	return file_is_directory(originals) && !temporary_is_all_in(originals);
}

int registry_require_usable(const struct settings *settings, const struct module_id *id,
			    struct error *error)
{
	switch (registry_version_state(settings, id)) {
	case VERSION_ADDED:
		return 0;
	case VERSION_BROKEN:
		error_set(
			error, -ENOENT, EXIT_BROKEN,
			"The module %s/%s is broken: its source directory, or the link %s/%s/%s/source to "
			"it, is missing.",
			id->name, id->version, settings->dkms_tree, id->name, id->version);
		return error_hint(
			error,
			"Put the source back (usually %s/%s-%s) and run `dkms add %s/%s`, or take "
			"this version away with `dkms remove %s/%s --all`.",
			settings->source_tree, id->name, id->version, id->name, id->version,
			id->name, id->version);
	case VERSION_UNKNOWN:
		break;
	}
	error_set(error, -ENOENT, EXIT_TREE, "The module %s/%s is not in the DKMS tree %s.",
		  id->name, id->version, settings->dkms_tree);
	return error_hint(error, "`dkms add %s/%s` adds it; `dkms status` lists what is there.",
			  id->name, id->version);
}

int registry_require_built(const struct settings *settings, const struct module_id *id,
			   const struct kernel_id *kernel, struct error *error)
{
	if (registry_is_built(settings, id, kernel))
		return 0;
	error_set(error, -ENOENT, EXIT_INSTALL,
		  "No modules built for %s (%s): %s/%s must be built before it can be packed.",
		  kernel->release, kernel->arch, id->name, id->version);
	return error_hint(error,
			  "Run dkms build %s/%s -k %s/%s first, or name a kernel that it is built "
			  "for.",
			  id->name, id->version, kernel->release, kernel->arch);
}
