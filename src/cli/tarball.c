/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms mktarball and ldtarball. */
#include <errno.h>

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/actions.h"
#include "cli/change.h"
#include "conf/package_conf.h"
#include "package/add.h"
#include "package/tarball.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* mktarball: only reads the tree, so it needs neither the lock nor, for a FILE elsewhere, root. */

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

static int check(const struct invocation *invocation, const struct kernel_ids *kernels,
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

static int make(const struct invocation *invocation, const struct kernel_ids *kernels, bool unsafe,
		struct error *error)
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
	    check(invocation, &kernels, &unsafe, error) < 0 ||
	    make(invocation, &kernels, unsafe, error) < 0)
		return error->code;
	*ret_status = EXIT_OK;
	return 0;
}

/* ldtarball: what a tarball holds goes into the tree. */

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
