/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Planning to register a source with the tree. */
#include "plan/add.h"

#include <errno.h>
#include <string.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "conf/package_conf.h"
#include "kernel/kernel.h"
#include "tree/layout.h"
#include "tree/registry.h"

static bool has_headers(struct planner *planner, const struct kernel_id *id)
{
	const struct kernel *kernel;
	cleanup(error_clear) struct error missing = {0};
	bool has = planner_kernel(planner, id, &kernel, &missing) == 0 &&
		   kernel_require_headers(kernel, NULL, &missing) == 0;

	return has;
}

static struct kernel_id kernel_of(const struct planner *planner, const char *release)
{
	return (struct kernel_id){xstrdup(release),
				  distro_kernel_arch(planner->settings, planner->distro, release)};
}

/* A conf may read headers: the running kernel's, else those of the newest kernel that has any. */
static struct kernel_id kernel_with_headers(struct planner *planner)
{
	cleanup(free_string) char *running = kernel_running_release();
	struct kernel_id id = kernel_of(planner, running);
	cleanup(strv_free) struct strv releases = {0};
	cleanup(error_clear) struct error ignored = {0};
	const char *newest = NULL;
	const char *release;

	if (has_headers(planner, &id))
		return id;
	(void)kernel_list_with_headers(planner->settings, &releases, &ignored);
	STRV_FOREACH (release, &releases)
		if (!newest || version_compare(release, newest) > 0)
			newest = release;
	if (newest) {
		kernel_id_free(&id);
		id = kernel_of(planner, newest);
	}
	return id;
}

/* add is for no kernel: the conf is evaluated for the kernel of the run. */
static int conf_kernel(struct planner *planner, const struct kernel **ret_kernel,
		       struct error *error)
{
	if (planner->kernels)
		return planner_kernel(planner, &planner->kernels->items[0], ret_kernel, error);
	struct kernel_id id = kernel_with_headers(planner);
	int code = planner_kernel(planner, &id, ret_kernel, error);

	kernel_id_free(&id);
	return code;
}

int plan_require_source(const struct planner *planner, const struct module_id *id,
			struct error *error)
{
	cleanup(free_string) char *source = layout_source_directory(planner->settings, id);

	if (planner_find(planner, PLANNED_IMPORT, id, NULL) != PLAN_NONE ||
	    file_is_directory(source))
		return 0;
	return error_set(error, -ENOENT, EXIT_NOT_FOUND,
			 "Could not find the source of %s/%s.\n"
			 "The directory %s does not exist. Put the source there, or name its own "
			 "directory: dkms add DIRECTORY",
			 id->name, id->version, source);
}

int plan_registration(struct planner *planner, const struct module_id *id, size_t *ret_job,
		      struct error *error)
{
	const struct package *package;
	const struct kernel *kernel;

	*ret_job = planner_find(planner, PLANNED_ADD, id, NULL);
	if (*ret_job != PLAN_NONE)
		return 0;
	if (plan_require_source(planner, id, error) < 0 ||
	    conf_kernel(planner, &kernel, error) < 0 ||
	    planner_package(planner, id, kernel, true, &package, error) < 0)
		return error->code;
	size_t import = planner_find(planner, PLANNED_IMPORT, id, NULL);

	*ret_job = plan_add_job(planner->plan, JOB_ADD, id, NULL);
	planner->plan->jobs[*ret_job].package = package;
	if (import != PLAN_NONE)
		plan_add_edge(planner->plan, *ret_job, import, true);
	planner_remember(planner, PLANNED_ADD, id, NULL, *ret_job);
	return 0;
}

/* The link points to where a source of this name is put: putting one there mends it. */
static bool awaits_source(const struct planner *planner, const struct module_id *id)
{
	cleanup(free_string) char *link = layout_source_link(planner->settings, id);
	cleanup(free_string) char *place = layout_source_directory(planner->settings, id);

	return tree_link_leads_to(planner->settings, link, place);
}

/* The link points somewhere else than to a broken place: then it is in the tree already. */
int plan_require_not_added(const struct planner *planner, const struct module_id *id,
			   struct error *error)
{
	cleanup(free_string) char *link = layout_source_link(planner->settings, id);

	switch (registry_version_state(planner->settings, id)) {
	case VERSION_UNKNOWN:
		return 0;
	case VERSION_ADDED:
		return error_set(
			error, -EEXIST, EXIT_TREE,
			"DKMS tree already contains: %s/%s\n"
			"The same module and version cannot be added twice; to start over, "
			"run: dkms remove %s/%s --all",
			id->name, id->version, id->name, id->version);
	case VERSION_BROKEN:
		break;
	}
	if (!file_exists_nofollow(link))
		return 0; /* add gives it its link back */
	cleanup(free_string) char *target = file_readlink(link);

	return error_set(error, -ENOENT, EXIT_BROKEN,
			 "%s/%s is broken: %s points to %s, which does not exist.\n"
			 "Put the source back there, or remove the broken entry %s.",
			 id->name, id->version, link, target ? target : "nothing", link);
}

void planner_add(struct planner *planner, const struct module_id *id)
{
	struct error error = {0};
	size_t job;

	if (planner_find(planner, PLANNED_ADD, id, NULL) != PLAN_NONE)
		return;
	if (plan_require_not_added(planner, id, &error) < 0 ||
	    plan_registration(planner, id, &job, &error) < 0)
		(void)planner_fail(planner, id, &error);
}

/* "#MODULE_VERSION#", "@VERSION@", "%{version}": to be filled in by whoever makes a package of it.
 */
static bool is_placeholder(const char *version)
{
	size_t length = strlen(version);

	return (length > 2 && strchr("#@", version[0]) && version[length - 1] == version[0]) ||
	       strstr(version, "%{");
}

/* The module and version that the conf in a directory names. A conf without them is an error. */
int plan_identify(struct planner *planner, const char *conf_file, struct module_id *ret_id,
		  struct error *error)
{
	const struct kernel *kernel;

	if (conf_kernel(planner, &kernel, error) < 0)
		return error->code;
	struct conf_request request = {
		.settings = planner->settings,
		.conf_file = conf_file,
		.kernel_release = kernel->id.release,
		.arch = kernel->id.arch,
		.kernel_source_dir = kernel->source_directory,
		.kernel_config = kernel->config_path,
		.for_status = true,
	};
	cleanup(package_free_handler) struct package *package = NULL;

	if (package_load(&request, &package, NULL, error) < 0)
		return error->code;
	if (!path_is_plain_name(package->name) || !path_is_plain_name(package->version)) {
		struct package *refused = NULL;

		request.for_status = false;
		if (package_load(&request, &refused, planner->reporter, error) == 0) {
			package_free(refused);
			(void)error_set(error, -EINVAL, EXIT_BAD_CONF,
					"%s does not say what it is: PACKAGE_NAME and "
					"PACKAGE_VERSION are needed.",
					conf_file);
		}
		return error->code;
	}
	if (is_placeholder(package->version))
		return error_set(error, -EINVAL, EXIT_BAD_CONF,
				 "%s is a template: its PACKAGE_VERSION is %s.\n"
				 "Write the version there, as the package of the module does.",
				 conf_file, package->version);
	*ret_id = module_id_new(package->name, package->version);
	return 0;
}

void planner_split_as_conf(struct planner *planner, struct module_id *id)
{
	cleanup(free_string) char *source = layout_source_directory(planner->settings, id);
	cleanup(free_string) char *conf_file = path_join(source, "dkms.conf", NULL);
	cleanup(module_id_free) struct module_id found = {0};
	struct error ignored = {0};

	if ((!strchr(id->name, '-') && !strchr(id->version, '-')) ||
	    registry_version_state(planner->settings, id) != VERSION_UNKNOWN ||
	    !file_is_regular(conf_file))
		return;
	if (plan_identify(planner, conf_file, &found, &ignored) < 0) {
		error_clear(&ignored); /* told when it is added */
		return;
	}
	cleanup(free_string) char *place = layout_source_directory(planner->settings, &found);

	if (module_id_equal(id, &found) || !text_equal(place, source))
		return;
	report(planner->reporter, REPORT_LINE, "%s says that %s/%s is the module %s, version %s.",
	       conf_file, id->name, id->version, found.name, found.version);
	module_id_free(id);
	*id = module_id_new(found.name, found.version);
}

/* Plans that the directory becomes the source of M/V. */
static void plan_import(struct planner *planner, const struct module_id *id, const char *directory,
			const char *conf_file)
{
	cleanup(free_string) char *place = layout_source_directory(planner->settings, id);
	size_t job = plan_add_job(planner->plan, JOB_IMPORT, id, NULL);

	planner->plan->jobs[job].text = xstrdup(directory);
	planner->plan->jobs[job].force = file_exists_nofollow(place);
	planner_remember(planner, PLANNED_IMPORT, id, NULL, job);
	text_assign(&planner->imported_conf, conf_file);
}

/* Whether the directory (a real path) is M/V's source already, or holds the same. */
static int is_source(const struct planner *planner, const struct module_id *id,
		     const char *directory, bool *ret_is, struct error *error)
{
	bool added = registry_version_state(planner->settings, id) == VERSION_ADDED;
	cleanup(free_string) char *place = added ? layout_source_link(planner->settings, id)
						 : layout_source_directory(planner->settings, id);
	cleanup(free_string) char *real = realpath(place, NULL);

	*ret_is = text_equal(real, directory);
	if (*ret_is || !real || !file_is_directory(real))
		return 0;
	return directory_compare(directory, real, ret_is, error);
}

int plan_refuse_other_source(const struct planner *planner, const struct module_id *id,
			     const char *given, struct error *error)
{
	cleanup(free_string) char *link = layout_source_link(planner->settings, id);
	cleanup(free_string) char *source = realpath(link, NULL);

	return error_set(error, -EEXIST, EXIT_TREE,
			 "%s/%s is already added, and %s differs from its source %s.\n"
			 "Use --force to replace that source and what was built from it, or give "
			 "the new one another PACKAGE_VERSION.",
			 id->name, id->version, given, source ? source : link);
}

/* A registered module gets the new source, but only after its conf was found good. */
static int replace_source(struct planner *planner, const struct module_id *id, struct error *error)
{
	const struct kernel *kernel;
	const struct package *package;

	planner_remember(planner, PLANNED_ADD, id, NULL,
			 planner_find(planner, PLANNED_IMPORT, id, NULL));
	if (conf_kernel(planner, &kernel, error) < 0)
		return error->code;
	return planner_package(planner, id, kernel, true, &package, error);
}

/* The directory, a real path, is what M/V is to be made of. */
static int take_directory(struct planner *planner, const struct module_id *id,
			  const char *directory, const char *conf_file, struct error *error)
{
	enum version_state state = registry_version_state(planner->settings, id);
	bool same = false;
	size_t job;

	if (state == VERSION_BROKEN && !awaits_source(planner, id) &&
	    plan_require_not_added(planner, id, error) < 0)
		return error->code;
	if (is_source(planner, id, directory, &same, error) < 0)
		return error->code;
	if (state == VERSION_ADDED && same)
		return 0;
	if (state == VERSION_ADDED && !planner->force)
		return plan_refuse_other_source(planner, id, directory, error);
	if (!same)
		plan_import(planner, id, directory, conf_file);
	if (state == VERSION_ADDED || (state == VERSION_BROKEN && awaits_source(planner, id)))
		return replace_source(planner, id, error);
	return plan_registration(planner, id, &job, error);
}

int planner_add_directory(struct planner *planner, const char *directory, struct module_id *ret_id,
			  struct error *error)
{
	cleanup(free_string) char *real = realpath(directory, NULL);
	cleanup(free_string) char *conf_file = path_join(real ? real : directory, "dkms.conf",
							 NULL);
	struct module_id id = {0};

	if (!real)
		return error_errno(error, -errno, EXIT_NOT_FOUND, "No such source directory: %s",
				   directory);
	if (!file_is_regular(conf_file))
		return error_set(error, -ENOENT, EXIT_NO_CONF,
				 "The directory %s does not appear to be a module source.\n"
				 "It holds no dkms.conf.",
				 directory);
	if (plan_identify(planner, conf_file, &id, error) == 0 &&
	    take_directory(planner, &id, real, conf_file, error) == 0)
		*ret_id = id;
	else
		module_id_free(&id);
	return error->code;
}
