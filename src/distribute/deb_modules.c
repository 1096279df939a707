/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkbmdeb: a package with built modules for each kernel. */
#include <errno.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/builds.h"
#include "distribute/deb.h"
#include "distribute/template.h"
#include "distribute/text.h"

enum { LIST_MAX = 64 << 20 };

/* One package. */
struct modules_deb {
	struct deb deb;
	char *stem;      /* P */
	char *kernels;   /* the parent of the kernels' directories: "lib/modules" */
	char *depends;   /* on the kernel */
	char *root_name; /* in the workshop */
	struct strv names;
};

static void modules_deb_release(struct modules_deb *package)
{
	deb_release(&package->deb);
	free(package->stem);
	free(package->kernels);
	free(package->depends);
	free(package->root_name);
	strv_free(&package->names);
}

/*
 * True if an installed package of this name brought the file or directory to the kernel's
 * directory. Sets the parent of that directory.
 */
static bool brought(const struct settings *settings, const char *package, const char *release,
		    const char *file, char **ret_kernels)
{
	static const char *const places[] = {"/usr/lib/modules", "/lib/modules"};
	cleanup(free_string) char *name = text_format("/var/lib/dpkg/info/%s.list", package);
	cleanup(free_string) char *path = settings_path(settings, name);

	cleanup(free_string) char *list = file_read_if_possible(path, LIST_MAX);

	for (size_t i = 0; list && i < sizeof(places) / sizeof(*places); i++) {
		cleanup(free_string) char *line = text_format("\n%s/%s/%s\n", places[i], release,
							      file);

		if (!strstr(list, line))
			continue;
		text_assign(ret_kernels, places[i] + 1);
		return true;
	}
	return false;
}

/*
 * The package of the kernel's modules. Debian names it after the release, in its own letters:
 * linux-image, and linux-modules since Debian 14, whose linux-base holds the lists of modules.
 * If neither is installed here, the package may depend on any of the usual names. The headers'
 * package then shows where Debian puts kernels: in /usr/lib/modules since Debian 13.
 */
static void find_kernel(const struct settings *settings, const char *release, const char *name,
			struct modules_deb *package)
{
	cleanup(free_string) char *modules = text_format("linux-modules-%s", name);
	cleanup(free_string) char *image = text_format("linux-image-%s", name);
	cleanup(free_string) char *headers = text_format("linux-headers-%s", name);

	package->kernels = xstrdup("lib/modules");
	if (brought(settings, modules, release, "kernel", &package->kernels)) {
		package->depends = TAKE(modules);
		return;
	}
	if (brought(settings, image, release, "kernel", &package->kernels)) {
		package->depends = text_format("%s | %s-unsigned", image, image);
		return;
	}
	(void)brought(settings, headers, release, "build", &package->kernels);
	package->depends = text_format("%s | %s-unsigned | %s", image, image, modules);
}

static int describe(const struct distribute_request *request, const struct kernel_id *kernel,
		    struct modules_deb *package, struct error *error)
{
	const struct distribute_options *options = &request->options;
	const struct module_id *id = request->id;
	struct deb *deb = &package->deb;
	cleanup(free_string) char *release = NULL;

	if (deb_name(options->package_name ? options->package_name : id->name, &package->stem,
		     error) < 0 ||
	    deb_name(kernel->release, &release, error) < 0 ||
	    deb_architecture(kernel->arch, &deb->architecture, error) < 0 ||
	    deb_version(id->version, options->revision, &deb->version, error) < 0)
		return error->code;
	deb->verb = "mkbmdeb";
	deb->package = text_format("%s-modules-%s", package->stem, release);
	deb->file = text_format("%s_%s_%s.deb", deb->package, deb->version, deb->architecture);
	find_kernel(request->settings, kernel->release, release, package);
	deb->relations = text_format("Depends: kmod, %s\n%s%s%s%s%s"
				     "Provides: %s-modules (= %s)\n",
				     package->depends, options->coinstallable ? "" : "Conflicts: ",
				     options->coinstallable ? "" : package->stem,
				     options->coinstallable ? "" : "-dkms\nReplaces: ",
				     options->coinstallable ? "" : package->stem,
				     options->coinstallable ? "" : "-dkms\n", package->stem,
				     deb->version);
	deb->summary = options->summary ? xstrdup(options->summary)
					: text_format("modules of %s for Linux %s", id->name,
						      kernel->release);
	deb->text = text_format(" This package holds the kernel modules of %s %s, built for\n"
				" the kernel %s.\n",
				id->name, id->version, kernel->release);
	return 0;
}

int deb_modules_names(const struct distribute_request *request, struct strv *names,
		      struct error *error)
{
	for (size_t i = 0; i < request->kernels->count; i++) {
		cleanup(modules_deb_release) struct modules_deb package = {0};

		if (builds_list(request, &request->kernels->items[i], &package.names, error) < 0 ||
		    describe(request, &request->kernels->items[i], &package, error) < 0)
			return error->code;
		if (strv_contains(names, package.deb.file))
			return error_set(error, -EEXIST, EXIT_USAGE,
					 "Two of the kernels would have the same package, %s.\n"
					 "Pack them one by one.",
					 package.deb.file);
		strv_add(names, package.deb.file);
	}
	return 0;
}

struct script_context {
	const struct making *making;
	const struct kernel_id *kernel;
	const struct modules_deb *package;
	const char *certificate; /* path, or "" */
};

static char *script_field(const void *context, const char *field)
{
	const struct script_context *script = context;

	if (text_equal(field, "kernel"))
		return text_shell_quoted(script->kernel->release);
	if (text_equal(field, "kernels"))
		return text_format("'/%s'", script->package->kernels);
	if (text_equal(field, "certificate"))
		return text_shell_quoted(script->certificate);
	if (text_equal(field, "initramfs"))
		return xstrdup(script->making->request->options.initramfs ? "yes" : "no");
	return NULL;
}

static int lay_out(const struct making *making, const struct kernel_id *kernel,
		   struct modules_deb *package, struct error *error)
{
	const struct distribute_request *request = making->request;
	cleanup(free_string) char *root = path_join(making->workshop.tree, package->root_name,
						    NULL);
	cleanup(free_string) char *modules = path_join(root, package->kernels, kernel->release,
						       "updates/dkms", NULL);
	cleanup(free_string) char *certificate = text_format("usr/share/%s/mok.der",
							     package->deb.package);
	cleanup(free_string) char *shown = text_format(
		"%s%s", request->options.with_certificate ? "/" : "",
		request->options.with_certificate ? certificate : "");
	const struct script_context script = {making, kernel, package, shown};

	if (builds_list(request, kernel, &package->names, error) < 0 ||
	    builds_add(making, kernel, &package->names, modules, error) < 0)
		return error->code;
	if (request->options.with_certificate &&
	    builds_add_certificate(request, kernel, root, certificate, error) < 0)
		return error->code;
	if (deb_add_script(root, "postinst", text_deb_modules_postinst, script_field, &script,
			   error) < 0 ||
	    deb_add_script(root, "postrm", text_deb_modules_postrm, script_field, &script, error) <
		    0)
		return error->code;
	return deb_add_metadata(making, &package->deb, root, error);
}

/* Lays out all packages before the first program runs. */
static int make_all(struct making *making, struct modules_deb *packages, struct error *error)
{
	const struct kernel_ids *kernels = making->request->kernels;

	for (size_t i = 0; i < kernels->count; i++) {
		packages[i].root_name = text_format("root-%zu", i);
		if (describe(making->request, &kernels->items[i], &packages[i], error) < 0 ||
		    lay_out(making, &kernels->items[i], &packages[i], error) < 0)
			return error->code;
	}
	for (size_t i = 0; i < kernels->count; i++)
		if (deb_build(making, &packages[i].deb, packages[i].root_name, error) < 0)
			return error->code;
	return 0;
}

int deb_modules_build(struct making *making, struct strv *ret_names, struct error *error)
{
	const size_t count = making->request->kernels->count;

	if (deb_require_tools(error) < 0 ||
	    deb_modules_names(making->request, ret_names, error) < 0 ||
	    builds_set_license(making, error) < 0 || builds_set_time(making, error) < 0)
		return error->code;
	struct modules_deb *packages = xcalloc(count, sizeof(*packages));

	(void)make_all(making, packages, error);
	for (size_t i = 0; i < count; i++)
		modules_deb_release(&packages[i]);
	free(packages);
	return error->code;
}

int deb_modules_make(struct making *making, struct error *error)
{
	cleanup(free_string) char *template = template_deb_find(making->request, "mkbmdeb");
	cleanup(strv_free) struct strv names = {0};

	if (template)
		return template_deb_make(making, template, TEMPLATE_MODULES, error);
	if (deb_modules_build(making, &names, error) < 0)
		return error->code;
	return making_publish(making, &names, error);
}
