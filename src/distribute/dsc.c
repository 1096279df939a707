/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkdsc: the source package whose binary package is that of mkdeb. */
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/deb.h"
#include "distribute/names.h"
#include "distribute/payload.h"
#include "distribute/template_deb.h"
#include "distribute/text.h"
#include "distribute/tools.h"

/*
 * $1: the directory, $2: package and upstream version, $3: package and version; $4: "" or what the
 * archive of the upstream source is called. A pattern to ignore takes the place of dpkg-source's
 * own, with objects and libraries, which are part of many a driver. Neither sees who makes it: all
 * files are root's in it.
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

static int describe(const struct distribute_request *request, struct dsc *dsc, struct error *error)
{
	if (deb_source_describe(request, &dsc->deb, error) < 0)
		return error->code;
	const char *revision = strrchr(dsc->deb.version, '-');

	dsc->deb.verb = "mkdsc";
	dsc->is_native = !revision;
	dsc->upstream = revision ? xstrndup(dsc->deb.version, (size_t)(revision - dsc->deb.version))
				 : xstrdup(dsc->deb.version);
	dsc->directory = text_format("%s-%s", request->id->name, request->id->version);
	return 0;
}

/* A file that another refers to comes first. */
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

	if (describe(request, &dsc, error) < 0)
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

	return payload_add_filled(root, name, whole, deb_source_field, id, error);
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

static int lay_out(struct making *making, const struct dsc *dsc, const char *directory,
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

static int build(struct making *making, const struct dsc *dsc, const char *directory,
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
	if (tools_require(programs, error) < 0 || describe(making->request, &dsc, error) < 0)
		return error->code;
	cleanup(free_string) char *directory = text_format("%s-%s", dsc.deb.package, dsc.upstream);

	if (lay_out(making, &dsc, directory, error) < 0 ||
	    build(making, &dsc, directory, error) < 0)
		return error->code;
	list_files(&dsc, &names);
	return making_publish(making, &names, error);
}
