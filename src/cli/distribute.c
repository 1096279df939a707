/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mkdeb, mktarball and their like only read a source or the tree. They need neither the lock nor,
 * where their output is writable, root. ldtarball puts a tarball into the tree.
 */
#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/actions.h"
#include "cli/change.h"
#include "conf/package_conf.h"
#include "distribute/distribute.h"
#include "package/add.h"
#include "package/tarball.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* The source that the words on the command line name. */
struct target {
	char *source;         /* directory or link */
	char *default_output; /* NULL: the tree's */
	bool is_in_tree;      /* the module's version is there */
};

static void target_release(struct target *target)
{
	free(target->source);
	free(target->default_output);
}

/* The source of M/V: the tree's, or else one in the source tree that nobody has added yet. */
static int find_by_id(const struct invocation *invocation, struct target *target,
		      struct error *error)
{
	const struct settings *settings = &invocation->settings;
	const struct module_id *id = &invocation->id;

	if (!id->name || !id->version)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "What is to be packed? Name it: dkms %s M/V, or dkms %s DIRECTORY",
				 invocation->action->name, invocation->action->name);
	target->is_in_tree = registry_version_state(settings, id) != VERSION_UNKNOWN;
	if (target->is_in_tree) {
		target->source = layout_source_link(settings, id);
		return registry_require_usable(settings, id, error);
	}
	target->source = layout_source_directory(settings, id);
	if (file_is_directory(target->source))
		return 0;
	return error_set(
		error, -ENOENT, EXIT_NOT_FOUND,
		"The DKMS tree does not contain %s/%s, and there is no %s.\n"
		"dkms status lists what is there. A source directory may be named instead.",
		id->name, id->version, target->source);
}

/* The directory or tarball that was given, or the one we are in. */
static int find_source(struct invocation *invocation, struct target *target, struct error *error)
{
	if (invocation->source_directory) {
		target->source = xstrdup(invocation->source_directory);
		return 0;
	}
	if (invocation->archive) {
		if (tarball_open(invocation->archive, invocation->settings.temporary,
				 &invocation->tarball, error) < 0)
			return error->code;
		target->source = xstrdup(invocation->tarball->source);
		return 0;
	}
	if (!invocation->id.name && file_exists("dkms.conf")) {
		target->source = xstrdup(".");
		target->default_output = xstrdup("..");
		return 0;
	}
	return find_by_id(invocation, target, error);
}

/* Module and version by its dkms.conf, unless it was found as M/V. */
static int identify(struct invocation *invocation, const struct package *package,
		    const char *source, struct error *error)
{
	struct module_id *id = &invocation->id;

	if (!path_is_plain_name(package->name) || !path_is_plain_name(package->version))
		return error_set(error, -EINVAL, EXIT_BAD_CONF,
				 "The dkms.conf in %s does not say a PACKAGE_NAME and "
				 "PACKAGE_VERSION that can be used.",
				 source);
	if ((id->name && !text_equal(id->name, package->name)) ||
	    (id->version && !text_equal(id->version, package->version)))
		return error_set(error, -EINVAL, EXIT_NOT_FOUND, "%s holds %s/%s, not %s%s%s.",
				 source, package->name, package->version,
				 id->name ? id->name : package->name, id->version ? "/" : "",
				 id->version ? id->version : "");
	module_id_free(id);
	*id = module_id_new(package->name, package->version);
	return 0;
}

static int load(struct invocation *invocation, const struct target *target,
		struct package **ret_package, struct error *error)
{
	const char *conf = invocation->options->conf_file;
	cleanup(free_string) char *conf_file = conf ? xstrdup(conf)
						    : path_join(target->source, "dkms.conf", NULL);
	const struct kernel_ids *kernels = &invocation->kernels;
	const bool is_known = invocation->id.name && invocation->id.version;
	const struct conf_request request = {
		.settings = &invocation->settings,
		.conf_file = conf_file,
		.module = is_known ? invocation->id.name : NULL,
		.module_version = is_known ? invocation->id.version : NULL,
		.kernel_release = kernels->count ? kernels->items[0].release : NULL,
		.arch = kernels->count ? kernels->items[0].arch : NULL,
		.check_duplicates = true,
	};

	return package_load(&request, ret_package, &invocation->ui->reporter, error);
}

/* --output, else where dkms 2 had it, else here. */
static char *output_path(const struct invocation *invocation, const struct target *target,
			 const struct format *format)
{
	const char *given = invocation->options->output;

	if (given)
		return xstrdup(given);
	cleanup(free_string) char *version = layout_version(&invocation->settings, &invocation->id);

	if (target->is_in_tree && access(version, W_OK) == 0)
		return path_join(version, format->directory, NULL);
	return xstrdup(target->default_output ? target->default_output : ".");
}

/* The same from every directory. */
static char *choose_output(const struct invocation *invocation, const struct target *target,
			   const struct format *format)
{
	cleanup(free_string) char *path = output_path(invocation, target, format);
	cleanup(free_string) char *here = getcwd(NULL, 0);

	return *path == '/' || !here ? TAKE(path) : path_join(here, path, NULL);
}

static int show(const struct format *format, const struct distribute_request *request,
		struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (format->name_files(request, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names)
		report(request->reporter, REPORT_LINE, "make %s/%s of %s/%s", request->output, name,
		       request->id->name, request->id->version);
	return 0;
}

static int make(struct invocation *invocation, const struct target *target,
		const struct package *package, const struct kernel_ids *kernels,
		struct error *error)
{
	const struct options *options = invocation->options;
	const struct format *format = format_find(invocation->action->name, options->binaries_only);
	cleanup(free_string) char *output = choose_output(invocation, target, format);
	const struct distribute_request request = {
		.settings = &invocation->settings,
		.id = &invocation->id,
		.package = package,
		.source = target->source,
		.conf_file = options->conf_file,
		.kernels = kernels,
		.output = output,
		.source_only = options->source_only,
		.options = {.package_name = options->package_name,
			    .revision = options->revision,
			    .maintainer = options->maintainer,
			    .license = options->license,
			    .disk = options->disk,
			    .disk_release = options->disk_release,
			    .media = options->media,
			    .label = options->label,
			    .spec = options->spec,
			    .distribution = options->distribution,
			    .homepage = options->homepage,
			    .summary = options->summary,
			    .legacy_postinst = options->legacy_postinst,
			    .compatible_names = options->compatible_names,
			    .kabi = options->kabi,
			    .coinstallable = options->coinstallable,
			    .initramfs = options->initramfs,
			    .with_certificate = options->with_certificate},
		.reporter = &invocation->ui->reporter,
	};

	return options->dry_run ? show(format, &request, error)
				: distribute(format, &request, error);
}

static bool is_of_builds(const struct invocation *invocation)
{
	return text_equal(invocation->action->name, "mkbmdeb") ||
	       text_equal(invocation->action->name, "mkdriverdisk") ||
	       invocation->options->binaries_only;
}

int action_distribute(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct options *options = invocation->options;
	cleanup(target_release) struct target target = {0};
	cleanup(package_free_handler) struct package *package = NULL;
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (options->binaries_only && options->source_only)
		return error_set(error, -EINVAL, EXIT_BAD_CONF,
				 "--binaries-only and --source-only exclude each other.");
	if (options->kabi && !options->binaries_only)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "--kabi is for packages of modules. Add --binaries-only.");
	if (find_source(invocation, &target, error) < 0 ||
	    load(invocation, &target, &package, error) < 0)
		return error->code;
	if ((!invocation->id.name || !invocation->id.version || invocation->source_directory ||
	     invocation->tarball) &&
	    identify(invocation, package, target.source, error) < 0)
		return error->code;
	if (invocation_kernels(invocation, &kernels, error) < 0)
		return error->code;
	if (is_of_builds(invocation) && !kernels.count)
		return error_set(error, -ENOENT, EXIT_INSTALL,
				 "Nothing is built of %s/%s, so there is nothing to pack.",
				 invocation->id.name, invocation->id.version);
	*ret_status = 0;
	return make(invocation, &target, package, &kernels, error);
}

static int require_built(const struct invocation *invocation, const struct kernel_ids *kernels,
			 struct error *error)
{
	const struct module_id *id = &invocation->id;

	if (!kernels->count)
		return error_set(error, -ENOENT, EXIT_INSTALL,
				 "Nothing is built of %s/%s, so there is nothing to pack.\n"
				 "Build it first, or pack the source alone with --source-only.",
				 id->name, id->version);
	for (size_t i = 0; i < kernels->count; i++) {
		const struct kernel_id *kernel = &kernels->items[i];

		if (registry_is_built(&invocation->settings, id, kernel))
			continue;
		return error_set(error, -ENOENT, EXIT_INSTALL,
				 "No modules built for %s (%s): %s/%s must be built before it can "
				 "be packed.\n"
				 "Run dkms build %s/%s -k %s/%s first, name a kernel that it is "
				 "built for, or use --source-only.",
				 kernel->release, kernel->arch, id->name, id->version, id->name,
				 id->version, kernel->release, kernel->arch);
	}
	return 0;
}

/* A tarball with a bad conf could not be loaded by anybody. */
static int require_good_conf(const struct invocation *invocation, const char *conf_file,
			     bool *ret_unsafe, struct error *error)
{
	const struct kernel_ids *kernels = &invocation->kernels;
	cleanup(package_free_handler) struct package *package = NULL;
	const struct conf_request request = {
		.settings = &invocation->settings,
		.conf_file = conf_file,
		.module = invocation->id.name,
		.module_version = invocation->id.version,
		.kernel_release = kernels->count ? kernels->items[0].release : NULL,
		.arch = kernels->count ? kernels->items[0].arch : NULL,
	};

	if (package_load(&request, &package, &invocation->ui->reporter, error) < 0)
		return error->code;
	*ret_unsafe = package->policy.allow_writable_sources;
	return 0;
}

static int check_tarball(const struct invocation *invocation, const struct kernel_ids *kernels,
			 bool *ret_unsafe, struct error *error)
{
	const struct options *options = invocation->options;
	cleanup(free_string) char *source = layout_source_link(&invocation->settings,
							       &invocation->id);
	cleanup(free_string) char *conf_file = path_join(source, "dkms.conf", NULL);

	if (registry_require_usable(&invocation->settings, &invocation->id, error) < 0 ||
	    require_good_conf(invocation, options->conf_file ? options->conf_file : conf_file,
			      ret_unsafe, error) < 0)
		return error->code;
	return options->source_only ? 0 : require_built(invocation, kernels, error);
}

static int make_tarball(const struct invocation *invocation, const struct kernel_ids *kernels,
			bool unsafe, struct error *error)
{
	struct reporter *reporter = &invocation->ui->reporter;
	const struct tarball_make_request request = {
		.settings = &invocation->settings,
		.id = &invocation->id,
		.kernels = kernels,
		.binaries_only = invocation->options->binaries_only,
		.conf_file = invocation->options->conf_file,
		.archive = invocation->archive,
		.unsafe = unsafe,
		.reporter = reporter,
	};
	cleanup(free_string) char *path = NULL;

	if (invocation->options->dry_run) {
		path = tarball_place(&request);
		report(reporter, REPORT_LINE, "pack %s/%s into %s", invocation->id.name,
		       invocation->id.version, path);
		return 0;
	}
	if (tarball_make(&request, &path, error) < 0)
		return error->code;
	report(reporter, REPORT_LINE, "Tarball location: %s", path);
	return 0;
}

int action_mktarball(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct options *options = invocation->options;
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};
	bool unsafe = false;

	if (options->binaries_only && options->source_only)
		return error_set(error, -EINVAL, EXIT_BAD_CONF,
				 "--binaries-only and --source-only exclude each other: without "
				 "either of them both are packed.");
	if ((!options->source_only && invocation_kernels(invocation, &kernels, error) < 0) ||
	    check_tarball(invocation, &kernels, &unsafe, error) < 0 ||
	    make_tarball(invocation, &kernels, unsafe, error) < 0)
		return error->code;
	*ret_status = EXIT_OK;
	return 0;
}

/* An rpm package brings its source in its own way; what it brought is then to be installed. */
static int load_rpm(struct invocation *invocation, int *ret_status, struct error *error)
{
	struct reporter *reporter = &invocation->ui->reporter;

	if (invocation->options->dry_run)
		report(reporter, REPORT_LINE, "install %s with rpm", invocation->archive);
	else if (rpm_install(invocation->archive, reporter, error) < 0)
		return error->code;
	invocation->action = action_find("autoinstall");
	return invocation_run_plan(invocation, ret_status, error);
}

int action_ldtarball(struct invocation *invocation, int *ret_status, struct error *error)
{
	static const struct action load = {.name = "ldtarball", .fill = source_load};

	if (!invocation->archive)
		return error_set(error, -ENOENT, EXIT_NOT_FOUND,
				 "ldtarball needs an existing tarball: dkms ldtarball FILE%s%s",
				 invocation->id.name ? "\nThere is no file " : "",
				 invocation->id.name ? invocation->id.name : "");
	if (text_ends_with(invocation->archive, ".rpm") && file_is_regular(invocation->archive))
		return load_rpm(invocation, ret_status, error);
	invocation->action = &load;
	return invocation_run_plan(invocation, ret_status, error);
}
