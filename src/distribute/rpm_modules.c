/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkrpm --binaries-only: for each kernel a package with the modules that were built for it. */
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/builds.h"
#include "distribute/payload.h"
#include "distribute/rpm.h"
#include "distribute/text.h"

struct modules_rpm {
	struct rpm rpm;
	struct strv symbols; /* relations of --kabi */
	const struct kernel_id *kernel;
	char *certificate; /* path without the first slash, or NULL */
	struct strv names;
};

static void modules_rpm_release(struct modules_rpm *package)
{
	rpm_release(&package->rpm);
	free(package->certificate);
	strv_free(&package->names);
	strv_free(&package->symbols);
}

/* rpm's name for a kernel's architecture. */
static const char *architecture_of(const char *arch)
{
	return text_equal(arch, "armv7l") ? "armv7hl" : arch;
}

/* kmod-M-K, or kmod-M if any kernel with the same symbols will do. */
static char *name_of(const struct distribute_request *request, const struct kernel_id *kernel)
{
	const char *chosen = request->options.package_name;
	cleanup(free_string) char *stem = chosen ? xstrdup(chosen)
						 : text_format("kmod-%s", request->id->name);

	return request->options.kabi ? TAKE(stem) : text_format("%s-%s", stem, kernel->release);
}

/* They are a part of the spec. */
static int check_names(const struct strv *names, struct error *error)
{
	const char *name;

	STRV_FOREACH (name, names)
		if (!rpm_is_plain(name))
			return error_set(error, -EINVAL, EXIT_USAGE,
					 "No rpm can hold the module %s: letters, digits and '+', "
					 "'-', '.', '_' may be in its name.",
					 name);
	return 0;
}

static int check_kernel(const struct kernel_id *kernel, struct error *error)
{
	if (rpm_is_plain(kernel->release) && rpm_is_plain(kernel->arch))
		return 0;
	return error_set(error, -EINVAL, EXIT_USAGE,
			 "No rpm can be made for the kernel %s (%s): letters, digits and '+', "
			 "'-', '.', '_' may be in its name.",
			 kernel->release, kernel->arch);
}

static int describe(const struct distribute_request *request, const struct kernel_id *kernel,
		    struct modules_rpm *package, struct error *error)
{
	cleanup(free_string) char *name = name_of(request, kernel);

	if (builds_list(request, kernel, &package->names, error) < 0 ||
	    check_names(&package->names, error) < 0 || check_kernel(kernel, error) < 0 ||
	    rpm_describe(request, name, &package->rpm, error) < 0)
		return error->code;
	package->kernel = kernel;
	package->rpm.architecture = architecture_of(kernel->arch);
	package->rpm.directory = text_format("%s-%s", package->rpm.name, package->rpm.version);
	package->rpm.summary = text_format("Modules of %s for Linux %s", request->id->name,
					   kernel->release);
	if (request->options.with_certificate)
		package->certificate = text_format("usr/share/%s/mok.der", package->rpm.name);
	return 0;
}

int rpm_modules_names(const struct distribute_request *request, struct strv *names,
		      struct error *error)
{
	for (size_t i = 0; i < request->kernels->count; i++) {
		cleanup(modules_rpm_release) struct modules_rpm package = {0};

		if (describe(request, &request->kernels->items[i], &package, error) < 0)
			return error->code;
		cleanup(free_string) char *file = rpm_file(&package.rpm, package.rpm.architecture);

		if (strv_contains(names, file))
			return error_set(error, -EEXIST, EXIT_USAGE,
					 "Two of the kernels would have the same package, %s.\n"
					 "Pack them one by one.",
					 file);
		strv_add(names, file);
	}
	return 0;
}

struct spec {
	const struct making *making;
	const struct modules_rpm *package;
};

bool rpm_knows_kernel(const char *release)
{
	const char *hyphen = strchr(release, '-');

	return !hyphen || !strchr(hyphen + 1, '-');
}

static char *relations_of(const struct spec *spec)
{
	const struct modules_rpm *package = spec->package;
	const char *module = spec->making->request->id->name, *kernel = package->kernel->release;
	struct buffer lines = {0};
	const char *name;

	buffer_add_format(&lines, "Provides: %s-kmod = %s-%s\n", module, package->rpm.version,
			  package->rpm.release);
	buffer_add_format(&lines, "Provides: kmod-%s = %s-%s\n", module, package->rpm.version,
			  package->rpm.release);
	if (!spec->making->request->options.kabi)
		buffer_add_text(&lines, "Provides: installonlypkg(kernel-module)\n");
	if (rpm_knows_kernel(kernel) && spec->making->request->options.kabi)
		buffer_add_format(&lines, "Provides: kernel-modules >= %s\n", kernel);
	else if (rpm_knows_kernel(kernel))
		buffer_add_format(&lines,
				  "Provides: kernel-modules = %s\nRequires: kernel-uname-r = %s\n",
				  kernel, kernel);
	STRV_FOREACH (name, &package->symbols)
		buffer_add_format(&lines, "%s\n", name);
	STRV_FOREACH (name, &package->names) {
		cleanup(free_string) char *plain = builds_plain_name(name);

		buffer_add_format(&lines, "Provides: kmod(%s)\n", plain);
	}
	return buffer_take(&lines);
}

/* Other kernels with the same symbols get links to the modules, and lose those to what is gone. */
static char *links_of(const struct spec *spec, bool are_added)
{
	const struct modules_rpm *package = spec->package;
	struct buffer files = {0};
	const char *name;

	if (!spec->making->request->options.kabi)
		return xstrdup("");
	STRV_FOREACH (name, &package->names)
		buffer_add_format(&files, " /lib/modules/%s/extra/%s/%s", package->kernel->release,
				  spec->making->request->id->name, name);
	cleanup(free_string) char *list = buffer_take(&files);

	if (are_added)
		return text_format(
			"if [ -x /usr/sbin/weak-modules ]; then\n"
			"	printf '%%%%s\\n'%s | /usr/sbin/weak-modules --add-modules\n"
			"fi\n",
			list);
	return text_format("if [ -x /usr/sbin/weak-modules ]; then\n"
			   "	for file in%s; do\n"
			   "		[ -e \"$file\" ] || echo \"$file\"\n"
			   "	done | /usr/sbin/weak-modules --remove-modules\n"
			   "fi\n",
			   list);
}

static char *field_of(const void *context, const char *field)
{
	const struct spec *spec = context;
	const struct modules_rpm *package = spec->package;

	if (text_equal(field, "kernel"))
		return xstrdup(package->kernel->release);
	if (text_equal(field, "relations"))
		return relations_of(spec);
	if (text_equal(field, "links_added"))
		return links_of(spec, true);
	if (text_equal(field, "links_removed"))
		return links_of(spec, false);
	if (text_equal(field, "certificate"))
		return package->certificate ? text_format("/%s", package->certificate)
					    : xstrdup("");
	const struct rpm_spec common = {spec->making, &package->rpm};

	return rpm_field(&common, field);
}

static int lay_out(const struct making *making, struct modules_rpm *package, struct error *error)
{
	const struct distribute_request *request = making->request;
	const struct kernel_id *kernel = package->kernel;
	cleanup(free_string) char *root = path_join(making->workshop.tree, package->rpm.directory,
						    NULL);
	cleanup(free_string) char *modules = path_join(root, "lib/modules", kernel->release,
						       "extra", request->id->name, NULL);
	const struct spec spec = {making, package};
	size_t size = 0;

	if (builds_add(making, kernel, &package->names, modules, error) < 0 ||
	    (package->certificate &&
	     builds_add_certificate(request, kernel, root, package->certificate, error) < 0) ||
	    (request->options.kabi &&
	     rpm_symbols(request, kernel, &package->names, &package->symbols, error) < 0) ||
	    payload_finish(root, making->time, &size, error) < 0)
		return error->code;
	return rpm_add_spec(making, &package->rpm, text_rpm_modules, field_of, &spec, error);
}

/* All are laid out before the first program runs. */
static int make_all(struct making *making, struct modules_rpm *packages, struct error *error)
{
	const struct kernel_ids *kernels = making->request->kernels;

	for (size_t i = 0; i < kernels->count; i++)
		if (describe(making->request, &kernels->items[i], &packages[i], error) < 0 ||
		    lay_out(making, &packages[i], error) < 0)
			return error->code;
	for (size_t i = 0; i < kernels->count; i++)
		if (rpm_build(making, &packages[i].rpm, error) < 0)
			return error->code;
	return 0;
}

int rpm_modules_build(struct making *making, struct strv *ret_names, struct error *error)
{
	const size_t count = making->request->kernels->count;

	if (rpm_require_tools(error) < 0 ||
	    rpm_modules_names(making->request, ret_names, error) < 0 ||
	    builds_set_license(making, error) < 0 || builds_set_time(making, error) < 0)
		return error->code;
	struct modules_rpm *packages = xcalloc(count, sizeof(*packages));

	(void)make_all(making, packages, error);
	for (size_t i = 0; i < count; i++)
		modules_rpm_release(&packages[i]);
	free(packages);
	return error->code;
}

int rpm_modules_make(struct making *making, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};

	if (rpm_modules_build(making, &names, error) < 0)
		return error->code;
	return making_publish(making, &names, error);
}
