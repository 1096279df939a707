/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkdeb: a package with the source, which is built where the package is installed. */
#include <errno.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/deb.h"
#include "distribute/names.h"
#include "distribute/payload.h"
#include "distribute/template_deb.h"
#include "distribute/text.h"

/* BUILD_EXCLUSIVE_CONFIG came with 3.0.3. */
static const char *needed_dkms(const struct package *package)
{
	bool config = package->exclusive.config != NULL;

	for (size_t i = 0; i < package->module_count; i++)
		config = config || package->modules[i].exclusive.config;
	return config ? "3.0.3-4~" : "2.1.0.0";
}

int deb_source_describe(const struct distribute_request *request, struct deb *deb,
			struct error *error)
{
	const struct distribute_options *options = &request->options;
	const struct module_id *id = request->id;
	cleanup(free_string) char *stem = NULL;

	if (name_debian(options->package_name ? options->package_name : id->name, &stem, error) <
		    0 ||
	    version_debian(id->version, options->revision, &deb->version, error) < 0)
		return error->code;
	if (options->package_name && strlen(stem) < 2)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "A package's name has two characters at least: --pkgname %s",
				 options->package_name);
	deb->verb = "mkdeb";
	deb->package = options->package_name ? xstrdup(stem) : text_format("%s-dkms", stem);
	deb->architecture = "all";
	deb->file = text_format("%s_%s_all.deb", deb->package, deb->version);
	deb->relations = text_format("Depends: dkms (>= %s)\n"
				     "Provides: %s-modules (= %s)\n",
				     needed_dkms(request->package), stem, deb->version);
	deb->summary = options->summary
			       ? xstrdup(options->summary)
			       : text_format("source of the %s kernel module for DKMS", id->name);
	deb->text = text_format(" This package holds the source of %s %s. DKMS builds the module\n"
				" for each kernel whose headers are installed.\n",
				id->name, id->version);
	return 0;
}

/* What dkms 2 called the file: "P-dkms_V_amd64.deb". Owned. */
static char *old_name(const struct deb *deb)
{
	cleanup(free_string) char *architecture = deb_own_architecture();

	return text_format("%s_%s_%s.deb", deb->package, deb->version, architecture);
}

int deb_source_names(const struct distribute_request *request, struct strv *names,
		     struct error *error)
{
	cleanup(deb_release) struct deb deb = {0};

	if (deb_source_describe(request, &deb, error) < 0)
		return error->code;
	strv_add(names, deb.file);
	if (request->options.compatible_names)
		strv_add_owned(names, old_name(&deb));
	return 0;
}

char *deb_source_field(const void *context, const char *field)
{
	const struct module_id *id = context;

	if (text_equal(field, "module"))
		return text_shell_quoted(id->name);
	return text_equal(field, "version") ? text_shell_quoted(id->version) : NULL;
}

static int lay_out(struct making *making, const struct deb *deb, struct error *error)
{
	const struct module_id *id = making->request->id;
	cleanup(free_string) char *root = path_join(making->workshop.tree, "root", NULL);
	cleanup(free_string) char *directory = text_format("%s-%s", id->name, id->version);
	cleanup(free_string) char *source = path_join(root, "usr/src", directory, NULL);

	if (payload_add_source(making, source, error) < 0 ||
	    making_set_time(making, source, error) < 0 ||
	    deb_add_script(root, "postinst", text_deb_source_postinst, deb_source_field, id,
			   error) < 0 ||
	    deb_add_script(root, "prerm", text_deb_source_prerm, deb_source_field, id, error) < 0)
		return error->code;
	return deb_add_metadata(making, deb, root, error);
}

static int publish(struct making *making, const struct deb *deb, struct error *error)
{
	cleanup(free_string) char *made = path_join("out", deb->file, NULL);
	cleanup(free_string) char *old = old_name(deb);

	if (publication_add(&making->publication, &making->workshop, made, deb->file, error) < 0 ||
	    !making->request->options.compatible_names || text_equal(old, deb->file))
		return error->code;
	return publication_link(&making->publication, old, error);
}

int deb_source_make(struct making *making, struct error *error)
{
	cleanup(deb_release) struct deb deb = {0};
	cleanup(free_string) char *template = template_deb_find(making->request, "mkdeb");

	if (template)
		return template_deb_make(making, template, TEMPLATE_DEB, error);
	if (deb_require_tools(error) < 0 || deb_source_describe(making->request, &deb, error) < 0 ||
	    lay_out(making, &deb, error) < 0 || deb_build(making, &deb, "root", error) < 0)
		return error->code;
	return publish(making, &deb, error);
}
