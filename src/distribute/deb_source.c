/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkdeb and mkdsc: a binary package with the source of a module, and the source package of that. */
#include <errno.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/deb.h"
#include "distribute/template.h"
#include "distribute/text.h"

/* BUILD_EXCLUSIVE_CONFIG came with 3.0.3. */
static const char *needed_dkms(const struct package *package)
{
	bool config = package->exclusive.config != NULL;

	for (size_t i = 0; i < package->module_count; i++)
		config = config || package->modules[i].exclusive.config;
	return config ? "3.0.3-4~" : "2.1.0.0";
}

static int describe_deb(const struct distribute_request *request, struct deb *deb,
			struct error *error)
{
	const struct distribute_options *options = &request->options;
	const struct module_id *id = request->id;
	cleanup(free_string) char *stem = NULL;

	if (deb_name(options->package_name ? options->package_name : id->name, &stem, error) < 0 ||
	    deb_version(id->version, options->revision, &deb->version, error) < 0)
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

/* The name of the file in dkms 2, "P-dkms_V_amd64.deb", owned. */
static char *old_name(const struct deb *deb)
{
	cleanup(free_string) char *architecture = deb_own_architecture();

	return text_format("%s_%s_%s.deb", deb->package, deb->version, architecture);
}

int deb_source_names(const struct distribute_request *request, struct strv *names,
		     struct error *error)
{
	cleanup(deb_release) struct deb deb = {0};

	if (describe_deb(request, &deb, error) < 0)
		return error->code;
	strv_add(names, deb.file);
	if (request->options.compatible_names)
		strv_add_owned(names, old_name(&deb));
	return 0;
}

static char *script_field(const void *context, const char *field)
{
	const struct module_id *id = context;

	if (text_equal(field, "module"))
		return text_shell_quoted(id->name);
	return text_equal(field, "version") ? text_shell_quoted(id->version) : NULL;
}

static int lay_out_deb(struct making *making, const struct deb *deb, struct error *error)
{
	const struct module_id *id = making->request->id;
	cleanup(free_string) char *root = path_join(making->workshop.tree, "root", NULL);
	cleanup(free_string) char *directory = text_format("%s-%s", id->name, id->version);
	cleanup(free_string) char *source = path_join(root, "usr/src", directory, NULL);

	if (payload_add_source(making, source, error) < 0 ||
	    making_set_time(making, source, error) < 0 ||
	    deb_add_script(root, "postinst", text_deb_source_postinst, script_field, id, error) <
		    0 ||
	    deb_add_script(root, "prerm", text_deb_source_prerm, script_field, id, error) < 0)
		return error->code;
	return deb_add_metadata(making, deb, root, error);
}

static int publish_deb(struct making *making, const struct deb *deb, struct error *error)
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
	if (deb_require_tools(error) < 0 || describe_deb(making->request, &deb, error) < 0 ||
	    lay_out_deb(making, &deb, error) < 0 || deb_build(making, &deb, "root", error) < 0)
		return error->code;
	return publish_deb(making, &deb, error);
}

/*
 * $1: the directory, $2: package and upstream version, $3: package and version, $4: the name of the
 * archive of the upstream source, or "". --tar-ignore replaces dpkg-source's own patterns, because
 * these leave out objects and libraries, which drivers ship. All files in the archives are root's.
 */
static const char build_script[] =
	"umask 022\n"
	"if [ \"$4\" ]; then\n"
	"	tar --sort=name --mtime=\"@$SOURCE_DATE_EPOCH\" --owner=0 --group=0 --numeric-owner \\\n"
	"		--format=gnu --exclude=\"$1/debian\" -cf - \"$1\" | xz -6 -T1 >\"$4\"\n"
	"fi\n"
	"dpkg-source --tar-ignore=debian/source/local-options -b \"$1\"\n"
	"cd \"$1\"\n"
	"dpkg-genchanges -S -q \"-O../$3_source.changes\"\n"
	"cd ..\n"
	"mv \"$2\".* \"$3\".* \"$3\"_source.changes out/ 2>/dev/null || :\n"
	"[ ! -e \"$2.orig.tar.xz\" ] || mv \"$2.orig.tar.xz\" out/\n";

struct dsc {
	struct deb deb;
	char *upstream;  /* the version without its revision */
	char *directory; /* M-V */
	bool is_native;
};

static void dsc_release(struct dsc *dsc)
{
	deb_release(&dsc->deb);
	free(dsc->upstream);
	free(dsc->directory);
}

static int describe_dsc(const struct distribute_request *request, struct dsc *dsc,
			struct error *error)
{
	if (describe_deb(request, &dsc->deb, error) < 0)
		return error->code;
	const char *revision = strrchr(dsc->deb.version, '-');

	dsc->deb.verb = "mkdsc";
	dsc->is_native = !revision;
	dsc->upstream = revision ? xstrndup(dsc->deb.version, (size_t)(revision - dsc->deb.version))
				 : xstrdup(dsc->deb.version);
	dsc->directory = text_format("%s-%s", request->id->name, request->id->version);
	return 0;
}

/* A file comes before the files that refer to it. */
static void list_files(const struct dsc *dsc, struct strv *names)
{
	const char *package = dsc->deb.package, *version = dsc->deb.version;

	if (dsc->is_native) {
		strv_add_format(names, "%s_%s.tar.xz", package, version);
	} else {
		strv_add_format(names, "%s_%s.orig.tar.xz", package, dsc->upstream);
		strv_add_format(names, "%s_%s.debian.tar.xz", package, version);
	}
	strv_add_format(names, "%s_%s.dsc", package, version);
	strv_add_format(names, "%s_%s_source.changes", package, version);
}

int dsc_names(const struct distribute_request *request, struct strv *names, struct error *error)
{
	cleanup(dsc_release) struct dsc dsc = {0};

	if (describe_dsc(request, &dsc, error) < 0)
		return error->code;
	list_files(&dsc, names);
	return 0;
}

static char *rules_field(const void *context, const char *field)
{
	const struct dsc *dsc = context;

	if (text_equal(field, "package"))
		return xstrdup(dsc->deb.package);
	if (!text_equal(field, "directory"))
		return NULL;
	cleanup(free_string) char *quoted = text_shell_quoted(dsc->directory);
	struct buffer result = {0};

	for (const char *c = quoted; *c; c++)
		buffer_add_format(&result, *c == '$' ? "$%c" : "%c", *c);
	return buffer_take(&result);
}

static int add_control(const struct making *making, const struct deb *deb, const char *root,
		       struct error *error)
{
	const char *homepage = making->request->options.homepage;
	cleanup(free_string) char *maintainer = deb_maintainer(making->request);
	cleanup(free_string) char *control = text_format(
		"Source: %s\n"
		"Section: kernel\n"
		"Priority: optional\n"
		"Maintainer: %s\n"
		"Build-Depends: debhelper-compat (= 13)\n"
		"Standards-Version: 4.6.2\n"
		"Rules-Requires-Root: no\n"
		"%s%s%s"
		"\n"
		"Package: %s\n"
		"Architecture: all\n"
		"Depends: ${misc:Depends}, %s"
		"Description: %s\n"
		"%s",
		deb->package, maintainer, homepage ? "Homepage: " : "", homepage ? homepage : "",
		homepage ? "\n" : "", deb->package, deb->relations + strlen("Depends: "),
		deb->summary, deb->text);

	return payload_add_text(root, "debian/control", control, 0644, error);
}

static int add_script(const struct module_id *id, const char *root, const char *name,
		      const char *text, struct error *error)
{
	cleanup(free_string) char *whole = text_format("%s\n#DEBHELPER#\n", text);

	return payload_add_filled(root, name, whole, script_field, id, error);
}

static int add_debian(const struct making *making, const struct dsc *dsc, const char *root,
		      struct error *error)
{
	const struct deb *deb = &dsc->deb;
	const struct module_id *id = making->request->id;
	cleanup(free_string) char *changes = deb_changelog(making, deb);
	cleanup(free_string) char *rights = deb_copyright(making, deb);

	if (add_control(making, deb, root, error) < 0 ||
	    payload_add_text(root, "debian/changelog", changes, 0644, error) < 0 ||
	    payload_add_text(root, "debian/copyright", rights, 0644, error) < 0 ||
	    payload_add_text(root, "debian/source/format",
			     dsc->is_native ? "3.0 (native)\n" : "3.0 (quilt)\n", 0644,
			     error) < 0 ||
	    payload_add_filled(root, "debian/rules", text_dsc_rules, rules_field, dsc, error) < 0 ||
	    add_script(id, root, "debian/postinst", text_deb_source_postinst, error) < 0)
		return error->code;
	return add_script(id, root, "debian/prerm", text_deb_source_prerm, error);
}

static int lay_out_dsc(struct making *making, const struct dsc *dsc, const char *directory,
		       struct error *error)
{
	cleanup(free_string) char *root = path_join(making->workshop.tree, directory, NULL);
	cleanup(free_string) char *source = path_join(root, dsc->directory, NULL);
	size_t size = 0;

	if (payload_add_source(making, source, error) < 0 ||
	    making_set_time(making, source, error) < 0 || add_debian(making, dsc, root, error) < 0)
		return error->code;
	return payload_finish(root, making->time, &size, error);
}

static int build_dsc(struct making *making, const struct dsc *dsc, const char *directory,
		     struct error *error)
{
	const struct deb *deb = &dsc->deb;
	cleanup(free_string) char *upstream = text_format("%s_%s", deb->package, dsc->upstream);
	cleanup(free_string) char *version = text_format("%s_%s", deb->package, deb->version);
	cleanup(free_string) char *archive = text_format("%s.orig.tar.xz", upstream);
	const char *const arguments[] = {directory, upstream, version,
					 dsc->is_native ? "" : archive, NULL};
	const struct workshop_job job = {
		.purpose = "creating your source package",
		.script = build_script,
		.arguments = arguments,
		.time = making->time,
	};

	report(making->request->reporter, REPORT_LINE, "Building source package...");
	return workshop_run(&making->workshop, &job, error);
}

int dsc_make(struct making *making, struct error *error)
{
	static const char *const programs[] = {"dpkg-source", "dpkg-genchanges", "tar", "xz", NULL};
	cleanup(dsc_release) struct dsc dsc = {0};
	cleanup(free_string) char *template = template_deb_find(making->request, "mkdsc");
	cleanup(strv_free) struct strv names = {0};

	if (template)
		return template_deb_make(making, template, TEMPLATE_SOURCE, error);
	if (workshop_require(programs, error) < 0 || describe_dsc(making->request, &dsc, error) < 0)
		return error->code;
	cleanup(free_string) char *directory = text_format("%s-%s", dsc.deb.package, dsc.upstream);

	if (lay_out_dsc(making, &dsc, directory, error) < 0 ||
	    build_dsc(making, &dsc, directory, error) < 0)
		return error->code;
	list_files(&dsc, &names);
	return making_publish(making, &names, error);
}
