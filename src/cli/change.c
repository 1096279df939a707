/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/actions.h"
#include "cli/pull.h"
#include "package/tarball.h"
#include "tree/registry.h"

/* A source directory or archive in the module's place. */

static bool differs(const char *named, const char *found)
{
	return named && !text_equal(named, found);
}

/* The module and version of the source. -m and -v may only repeat them. Takes found. */
static int adopt(struct invocation *invocation, const char *source, struct module_id *found,
		 struct error *error)
{
	const struct module_id named = invocation->id;
	const char *name = named.name ? named.name : found->name;

	if (differs(named.name, found->name) || differs(named.version, found->version))
		(void)error_set(error, -EINVAL, EXIT_NOT_FOUND, "%s holds %s/%s, not %s%s%s.",
				source, found->name, found->version, name, named.version ? "/" : "",
				named.version ? named.version : "");
	module_id_free(&invocation->id);
	invocation->id = *found;
	return error->code;
}

/* A dry run may be anybody's, and unpacks where anybody may write. */
static int open_archive(struct invocation *invocation, struct error *error)
{
	const struct settings *settings = &invocation->settings;

	return tarball_open(invocation->archive,
			    invocation->options->dry_run ? settings->temporary
							 : settings->source_tree,
			    &invocation->tarball, error);
}

static int load(struct invocation *invocation, struct planner *planner, bool must_be_new,
		struct error *error)
{
	struct module_id found = {0};

	if (open_archive(invocation, error) < 0 ||
	    tarball_check_modules(invocation->tarball, error) < 0 ||
	    planner_load_tarball(planner, invocation->tarball, must_be_new, &found, error) < 0)
		return error->code;
	return adopt(invocation, invocation->archive, &found, error);
}

int source_load(struct invocation *invocation, struct planner *planner, struct error *error)
{
	return load(invocation, planner, true, error);
}

/*
 * If one was given: plans to import or load it and sets invocation->id to what its dkms.conf says.
 * Sources that are already in the tree stay as they are.
 */
static int source_resolve(struct invocation *invocation, struct planner *planner,
			  struct error *error)
{
	if (!(invocation->action->needs & TAKES_SOURCE))
		return 0;
	struct module_id found = {0};

	if (invocation->source_directory) {
		if (planner_add_directory(planner, invocation->source_directory, &found, error) < 0)
			return error->code;
		return adopt(invocation, invocation->source_directory, &found, error);
	}
	if (invocation->archive)
		return load(invocation, planner, false, error);
	if (invocation->id.name && invocation->id.version)
		planner_split_as_conf(planner, &invocation->id);
	return 0;
}

/*
 * --rpm_safe_upgrade. rpm installs the new package of a module before it removes the old one. If
 * both have the same version, the old scriptlet would remove the module that the new one has just
 * added. So add leaves a marker, <tmp>/dkms_rpm_safe_upgrade_lock.<pid of rpm>.<random>, that holds
 * "M-V". A remove of the same rpm finds the marker and does nothing.
 */

static const char marker_prefix[] = "dkms_rpm_safe_upgrade_lock.";

/* The parent of our parent: our parent is the scriptlet's shell, its parent is rpm. */
static long grandparent(void)
{
	cleanup(free_string) char *path = text_format("/proc/%ld/status", (long)getppid());
	cleanup(fclose_handler) FILE *status = fopen(path, "re");
	char line[256];
	long pid = 1;

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "PPid: %ld", &pid) == 1)
			break;
	return pid;
}

static char *marker_text(const struct module_id *id)
{
	return text_format("%s-%s\n", id->name, id->version);
}

static int rpm_upgrade_mark(const struct invocation *invocation, struct error *error)
{
	cleanup(free_string) char *text = marker_text(&invocation->id);
	cleanup(free_string) char *path = text_format(
		"%s/%s%ld.XXXXXX", invocation->settings.temporary, marker_prefix, grandparent());
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0)
		return error_errno(error, -errno, EXIT_USAGE, "Cannot write %s", path);
	int code = file_write_all(fd, text, strlen(text));

	if (close(fd) < 0 && !code)
		code = -errno;
	return code ? error_errno(error, code, EXIT_USAGE, "Cannot write %s", path) : 0;
}

/* The place is open to everybody: only a regular file of root's counts. */
static bool is_marker(int directory, const char *name, const char *text)
{
	cleanup(close_fd) int fd = openat(directory, name,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char content[2 * NAME_MAX + 3];
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || info.st_uid != geteuid())
		return false;
	ssize_t length = read(fd, content, sizeof(content) - 1);

	if (length < 0)
		return false;
	content[length] = '\0';
	return text_equal(content, text);
}

/* Removes the marker for this module and version. True if there was one. */
static bool rpm_upgrade_calls_off(const struct invocation *invocation)
{
	cleanup(free_string) char *text = marker_text(&invocation->id);
	cleanup(free_string) char *prefix = text_format("%s%ld.", marker_prefix, grandparent());
	cleanup(closedir_handler) DIR *directory = opendir(invocation->settings.temporary);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (!text_starts_with(entry->d_name, prefix) ||
		    !is_marker(dirfd(directory), entry->d_name, text))
			continue;
		(void)unlinkat(dirfd(directory), entry->d_name, 0);
		report(&invocation->ui->reporter, REPORT_LINE,
		       "Removal of %s/%s called off: the same version has just been added by "
		       "the same rpm run (--rpm_safe_upgrade).",
		       invocation->id.name, invocation->id.version);
		return true;
	}
	return false;
}

typedef void plan_for_kernel(struct planner *planner, const struct module_id *id,
			     const struct kernel_id *kernel);
typedef void plan_for_kernels(struct planner *planner, const struct module_id *id,
			      const struct kernel_ids *kernels);

/* True if the given directory is added already. The planner reports that for tarballs. */
static bool note_added_directory(const struct invocation *invocation, const struct planner *planner)
{
	const struct module_id *id = &invocation->id;

	if (!(invocation->action->needs & TAKES_SOURCE) || !invocation->source_directory ||
	    planner->imported_conf ||
	    registry_version_state(&invocation->settings, id) != VERSION_ADDED)
		return false;
	report(&invocation->ui->reporter, REPORT_LINE, "Module %s/%s already added.", id->name,
	       id->version);
	return true;
}

/* --all may select nothing. */
static void say_nothing_is_built(const struct invocation *invocation,
				 const struct kernel_ids *kernels)
{
	const struct module_id *id = &invocation->id;

	if (invocation->options->all && !kernels->count &&
	    registry_version_state(&invocation->settings, id) != VERSION_UNKNOWN)
		report(&invocation->ui->reporter, REPORT_LINE,
		       "No kernel has a build of %s/%s. There is nothing to %s.", id->name,
		       id->version, invocation->action->name);
}

static int each_kernel(struct invocation *invocation, struct planner *planner,
		       plan_for_kernel *plan, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (source_resolve(invocation, planner, error) < 0 ||
	    invocation_kernels(invocation, &kernels, error) < 0)
		return error->code;
	(void)note_added_directory(invocation, planner);
	say_nothing_is_built(invocation, &kernels);
	for (size_t i = 0; i < kernels.count; i++)
		plan(planner, &invocation->id, &kernels.items[i]);
	return 0;
}

static int all_kernels(struct invocation *invocation, struct planner *planner,
		       plan_for_kernels *plan, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (invocation_kernels(invocation, &kernels, error) < 0)
		return error->code;
	plan(planner, &invocation->id, &kernels);
	return 0;
}

int fill_add(struct invocation *invocation, struct planner *planner, struct error *error)
{
	/* Loading a tarball ends with adding what it holds. */
	bool tarball = invocation->archive && !invocation->source_directory;

	if ((tarball ? source_load : source_resolve)(invocation, planner, error) < 0)
		return error->code;
	if (invocation->options->rpm_safe_upgrade && rpm_upgrade_mark(invocation, error) < 0)
		return error->code;
	if (invocation->options->force && note_added_directory(invocation, planner))
		return 0;
	if (!tarball)
		planner_add(planner, &invocation->id);
	return 0;
}

int fill_build(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (sourceless_prepare(invocation, error) < 0)
		return error->code;
	return each_kernel(invocation, planner, planner_build, error);
}

int fill_install(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (sourceless_prepare(invocation, error) < 0)
		return error->code;
	return each_kernel(invocation, planner, planner_install, error);
}

static int sign_version(struct invocation *invocation, struct planner *planner,
			const struct module_id *id, size_t *count, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids built = {0};

	if (registry_version_state(&invocation->settings, id) != VERSION_ADDED)
		return 0;
	if (registry_list_kernels(&invocation->settings, id, &built, error) < 0)
		return error->code;
	for (size_t i = 0; i < built.count; i++) {
		if (invocation->options->kernels.count &&
		    !kernel_ids_contain(&invocation->kernels, &built.items[i]))
			continue;
		planner_sign(planner, id, &built.items[i]);
		++*count;
	}
	return 0;
}

/* Every module for every kernel that it is built for, or for those that are named. */
static int sign_all_modules(struct invocation *invocation, struct planner *planner,
			    struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	size_t count = 0;
	char *name;

	if (invocation->id.name)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "--all-modules means every module: do not name one as well.");
	if (registry_list_modules(&invocation->settings, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(strv_free) struct strv versions = {0};
		char *version;

		if (registry_list_versions(&invocation->settings, name, &versions, error) < 0)
			return error->code;
		STRV_FOREACH (version, &versions) {
			const struct module_id id = {name, version};

			if (sign_version(invocation, planner, &id, &count, error) < 0)
				return error->code;
		}
	}
	if (!count)
		report(&invocation->ui->reporter, REPORT_LINE,
		       "No module is built. There is nothing to sign.");
	return 0;
}

/* A module outside of the tree has no kernels for --all. It must be reported anyway. */
int fill_sign(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (invocation->options->all_modules)
		return sign_all_modules(invocation, planner, error);
	if (registry_require_usable(&invocation->settings, &invocation->id, error) < 0)
		return error->code;
	return each_kernel(invocation, planner, planner_sign, error);
}

/* Removing for one kernel leaves the others, which is easily overlooked. */
static int say_what_stays(const struct invocation *invocation, struct error *error)
{
	const struct module_id *id = &invocation->id;
	cleanup(kernel_ids_free) struct kernel_ids built = {0};
	cleanup(strv_free) struct strv staying = {0};

	if (registry_list_kernels(&invocation->settings, id, &built, error) < 0)
		return error->code;
	for (size_t i = 0; i < built.count && !invocation->options->all; i++)
		if (!kernel_ids_contain(&invocation->kernels, &built.items[i]))
			strv_add_format(&staying, "%s (%s)", built.items[i].release,
					built.items[i].arch);
	if (!staying.count || invocation->options->kernels.count)
		return 0;
	cleanup(free_string) char *list = strv_join(&staying, ", ");

	report(&invocation->ui->reporter, REPORT_LINE,
	       "%s/%s stays for kernel %s. To remove it everywhere, run: dkms remove %s/%s --all",
	       id->name, id->version, list, id->name, id->version);
	return 0;
}

/* A module whose source is gone is uninstalled anyway. */
int fill_uninstall(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (registry_version_state(&invocation->settings, &invocation->id) != VERSION_BROKEN &&
	    registry_require_usable(&invocation->settings, &invocation->id, error) < 0)
		return error->code;
	return each_kernel(invocation, planner, planner_uninstall, error);
}

int fill_unbuild(struct invocation *invocation, struct planner *planner, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (invocation_kernels(invocation, &kernels, error) < 0)
		return error->code;
	say_nothing_is_built(invocation, &kernels);
	return all_kernels(invocation, planner, planner_unbuild, error);
}

int fill_remove(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (invocation->options->rpm_safe_upgrade && rpm_upgrade_calls_off(invocation))
		return 0;
	if (say_what_stays(invocation, error) < 0)
		return error->code;
	return all_kernels(invocation, planner, planner_remove, error);
}
