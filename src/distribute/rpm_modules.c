/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkrpm --binaries-only: a package with built modules for each kernel. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/builds.h"
#include "distribute/rpm.h"
#include "distribute/text.h"
#include "kernel/kernel.h"
#include "kernel/symvers.h"
#include "module/symbols.h"
#include "tree/layout.h"

/* The modules of one package, and the exports of their kernel. */
struct kabi {
	const struct kernel_id *kernel;
	struct strv paths;
	struct module_symbols *modules; /* as many as paths */
	struct symvers symvers;
};

static void kabi_release(struct kabi *kabi)
{
	for (size_t i = 0; kabi->modules && i < kabi->paths.count; i++)
		module_symbols_free(&kabi->modules[i]);
	free(kabi->modules);
	strv_free(&kabi->paths);
	symvers_free(&kabi->symvers);
}

static int read_kernel(const struct distribute_request *request, struct kabi *kabi,
		       struct error *error)
{
	cleanup(kernel_free_handler) struct kernel *kernel = NULL;

	if (kernel_open(request->settings, kabi->kernel, &kernel, error) < 0)
		return error->code;
	cleanup(free_string) char *path = path_join(kernel->source_directory, "Module.symvers",
						    NULL);

	if (symvers_read(&kabi->symvers, path, error) < 0) {
		(void)error_set_status(error, EXIT_NO_HEADERS);
		return error_hint(error, "--kabi needs the headers of the kernel.");
	}
	return 0;
}

static int read_modules(struct kabi *kabi, struct error *error)
{
	kabi->modules = xcalloc(kabi->paths.count, sizeof(*kabi->modules));
	for (size_t i = 0; i < kabi->paths.count; i++) {
		if (module_symbols_read(kabi->paths.items[i], &kabi->modules[i], error) < 0)
			return error_set_status(error, EXIT_INSTALL);
		if (!kabi->modules[i].has_versions)
			return error_set(error, -EINVAL, EXIT_INSTALL,
					 "%s holds no checksums of symbols, so it is bound to its "
					 "kernel.\n"
					 "Pack it without --kabi.",
					 path_basename(kabi->paths.items[i]));
	}
	return 0;
}

/* Accepts the names of C and Rust. A spec could take other text for more than a name. */
static int check_symbol(const char *name, struct error *error)
{
	bool sound = *name;

	for (const char *c = name; *c; c++)
		sound = sound && (isascii(*c) && (isalnum((unsigned char)*c) || strchr("_.$", *c)));
	return sound ? 0
		     : error_set(error, -EINVAL, EXIT_INSTALL,
				 "A module has a symbol that is no name, so it cannot be packed.");
}

static bool is_own(const struct kabi *kabi, const char *name)
{
	for (size_t i = 0; i < kabi->paths.count; i++)
		for (size_t j = 0; j < kabi->modules[i].export_count; j++)
			if (text_equal(kabi->modules[i].exports[j].name, name))
				return true;
	return false;
}

static int list_symbols(const struct kabi *kabi, const struct module_symbols *module,
			struct strv *lines, struct error *error)
{
	/* module_layout stands for struct module, and is no import. */
	if (module->has_layout_crc)
		strv_add_format(lines, "Requires: kernel(module_layout) = 0x%08" PRIx32,
				module->layout_crc);
	for (size_t i = 0; i < module->import_count; i++) {
		const struct module_import *import = &module->imports[i];
		const char *whose = symvers_find(&kabi->symvers, import->name) ? "kernel" : "ksym";

		if (!import->has_crc || import->weak || is_own(kabi, import->name))
			continue;
		if (check_symbol(import->name, error) < 0)
			return error->code;
		strv_add_format(lines, "Requires: %s(%s) = 0x%08" PRIx32, whose, import->name,
				import->crc);
	}
	for (size_t i = 0; i < module->export_count; i++) {
		const struct module_export *export = &module->exports[i];

		if (!export->has_crc)
			continue;
		if (check_symbol(export->name, error) < 0)
			return error->code;
		strv_add_format(lines, "Provides: ksym(%s) = 0x%08" PRIx32, export->name,
				export->crc);
	}
	return 0;
}

/*
 * The relations of --kabi are lines. Symbols of the kernel have "Requires: kernel(SYMBOL) =
 * CRC", those of other modules "Requires: ksym(…)", and exports "Provides: ksym(…)".
 * EXIT_INSTALL for modules without checksums.
 */
static int list_relations(const struct distribute_request *request, const struct kernel_id *kernel,
			  const struct strv *names, struct strv *ret_lines, struct error *error)
{
	cleanup(kabi_release) struct kabi kabi = {.kernel = kernel};
	cleanup(strv_free) struct strv lines = {0};
	cleanup(free_string) char *directory = layout_product_modules(request->settings,
								      request->id, kernel);
	const char *name, *last = NULL;

	STRV_FOREACH (name, names)
		strv_add_owned(&kabi.paths, path_join(directory, name, NULL));
	if (read_kernel(request, &kabi, error) < 0 || read_modules(&kabi, error) < 0)
		return error->code;
	for (size_t i = 0; i < kabi.paths.count; i++)
		if (list_symbols(&kabi, &kabi.modules[i], &lines, error) < 0)
			return error->code;
	strv_sort(&lines);
	STRV_FOREACH (name, &lines) {
		if (!text_equal(name, last))
			strv_add(ret_lines, name);
		last = name;
	}
	return 0;
}

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

/* kmod-M-K, or kmod-M for any kernel with the same symbols. */
static char *name_of(const struct distribute_request *request, const struct kernel_id *kernel)
{
	const char *chosen = request->options.package_name;
	cleanup(free_string) char *stem = chosen ? xstrdup(chosen)
						 : text_format("kmod-%s", request->id->name);

	return request->options.kabi ? TAKE(stem) : text_format("%s-%s", stem, kernel->release);
}

/* The names go into the spec. */
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

/* Shell text: weak-modules gives other kernels with the same symbols links, and takes them back. */
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
	     list_relations(request, kernel, &package->names, &package->symbols, error) < 0) ||
	    payload_finish(root, making->time, &size, error) < 0)
		return error->code;
	return rpm_add_spec(making, &package->rpm, text_rpm_modules, field_of, &spec, error);
}

/* Lays out all packages before the first program runs. */
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
