/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mkrpm and mkkmp. mkrpm packs the source, and DKMS builds it after the installation. mkkmp makes a
 * source package for SUSE's build, which makes kernel module packages of it. It needs no headers.
 */
#include <errno.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/rpm.h"
#include "distribute/template.h"
#include "distribute/text.h"

static int describe(const struct distribute_request *request, struct rpm *rpm, struct error *error)
{
	const char *chosen = request->options.package_name;
	const struct module_id *id = request->id;
	const char *before = request->options.compatible_names ? "" : "dkms-";
	cleanup(free_string) char *name = chosen ? xstrdup(chosen)
						 : text_format("%s%s", before, id->name);

	if (rpm_describe(request, name, rpm, error) < 0)
		return error->code;
	rpm->directory = text_format("%s-%s", id->name, id->version);
	rpm->summary = text_format("Source of the %s kernel module for DKMS", id->name);
	rpm->architecture = "noarch";
	rpm->is_source_wanted = true;
	return 0;
}

int rpm_source_names(const struct distribute_request *request, struct strv *names,
		     struct error *error)
{
	cleanup(rpm_release) struct rpm rpm = {0};

	if (describe(request, &rpm, error) < 0)
		return error->code;
	strv_add_owned(names, rpm_file(&rpm, "noarch"));
	strv_add_owned(names, rpm_file(&rpm, "src"));
	return 0;
}

int rpm_source_make(struct making *making, struct error *error)
{
	const struct module_id *id = making->request->id;
	cleanup(free_string) char *template = template_rpm_find(making->request);
	cleanup(rpm_release) struct rpm rpm = {0};
	cleanup(free_string) char *directory = text_format("%s-%s", id->name, id->version);
	cleanup(free_string) char *source = path_join(making->workshop.tree, directory, NULL);
	const struct rpm_spec spec = {making, &rpm};
	cleanup(strv_free) struct strv names = {0};
	size_t size = 0;

	if (template)
		return template_rpm_make(making, template, error);
	if (rpm_require_tools(error) < 0 || describe(making->request, &rpm, error) < 0 ||
	    payload_add_source(making, source, error) < 0 ||
	    making_set_time(making, source, error) < 0 ||
	    payload_finish(source, making->time, &size, error) < 0 ||
	    rpm_add_spec(making, &rpm, text_rpm_source, rpm_field, &spec, error) < 0)
		return error->code;
	if (rpm_build(making, &rpm, error) < 0 ||
	    rpm_source_names(making->request, &names, error) < 0)
		return error->code;
	return making_publish(making, &names, error);
}

enum { SPEC_MAX = 1 << 20 };

/* $1: the directory, $2: the architecture. SUSE's macros get their meaning in SUSE's build. */
static const char kmp_script[] =
	"umask 022\n"
	"mkdir -p top/SOURCES top/db\n"
	"tar --sort=name --mtime=\"@$SOURCE_DATE_EPOCH\" --owner=0 --group=0 --numeric-owner \\\n"
	"	--format=gnu -cf - \"$1\" | bzip2 -9 >\"top/SOURCES/$1.tar.bz2\"\n"
	"touch -d \"@$SOURCE_DATE_EPOCH\" kmp.spec top/SOURCES/*\n"
	"rpmbuild -bs --target \"$2\" --define 'kernel_module_package_buildreqs kernel-syms' \\\n"
	"	--define 'kernel_module_package() %{nil}' --define 'flavors_to_build default' \\\n"
	"	--define 'kernel_source() /usr/src/linux-obj' " RPMBUILD_DEFINES " kmp.spec\n"
	"mv top/SRPMS/*.rpm out/\n";

static int describe_kmp(const struct distribute_request *request, struct rpm *rpm,
			struct error *error)
{
	const char *chosen = request->options.package_name;
	const struct module_id *id = request->id;

	if (rpm_describe(request, chosen ? chosen : request->id->name, rpm, error) < 0)
		return error->code;
	rpm->directory = text_format("%s-%s", id->name, id->version);
	rpm->summary = text_format("Kernel modules of %s", id->name);
	rpm->architecture = request->kernels->items[0].arch;
	return 0;
}

int kmp_names(const struct distribute_request *request, struct strv *names, struct error *error)
{
	cleanup(rpm_release) struct rpm rpm = {0};

	if (describe_kmp(request, &rpm, error) < 0)
		return error->code;
	strv_add_owned(names, rpm_file(&rpm, "src"));
	return 0;
}

/* The text of --spec, or of M-kmp.spec, in our copy of the source; untouched: there is no spec. */
static int find_spec(const struct making *making, const char *source, char **ret_text,
		     struct error *error)
{
	const char *chosen = making->request->options.spec;
	cleanup(free_string) char *own = text_format("%s-kmp.spec", making->request->id->name);
	const char *name = chosen ? chosen : own;
	cleanup(free_string) char *path = path_join(source, name, NULL);

	if (!path_is_plain_name(name) || (chosen && !file_exists_nofollow(path)))
		return error_set(error, -ENOENT, EXIT_PATCH_MISSING,
				 "There is no spec %s in the source of %s/%s.", name,
				 making->request->id->name, making->request->id->version);
	if (!file_exists_nofollow(path))
		return 0;
	report_text(making->request->reporter, REPORT_LINE, "");
	report(making->request->reporter, REPORT_LINE, "Using %s/%s", making->request->source,
	       name);
	if (file_read_nofollow(path, SPEC_MAX, ret_text, NULL, error) < 0)
		return error_set_status(error, EXIT_PATCH_MISSING);
	return 0;
}

static int add_kmp_spec(const struct making *making, const struct rpm *rpm, const char *source,
			struct error *error)
{
	const struct rpm_spec spec = {making, rpm};
	cleanup(free_string) char *text = NULL;

	if (find_spec(making, source, &text, error) < 0)
		return error->code;
	if (text)
		return payload_add_text(making->workshop.tree, "kmp.spec", text, 0644, error);
	cleanup(free_string) char *filled = template_fill(text_kmp, rpm_field, &spec);

	return payload_add_text(making->workshop.tree, "kmp.spec", filled, 0644, error);
}

static int build_kmp(struct making *making, const struct rpm *rpm, struct error *error)
{
	const char *const arguments[] = {rpm->directory, rpm->architecture, NULL};
	const struct workshop_job job = {
		.purpose = "creating your source rpm",
		.script = kmp_script,
		.arguments = arguments,
		.time = making->time,
	};
	cleanup(strv_free) struct strv names = {0};

	report(making->request->reporter, REPORT_LINE, "rpmbuild...");
	if (workshop_run(&making->workshop, &job, error) < 0 ||
	    workshop_list(&making->workshop, &names, error) < 0)
		return error->code;
	if (names.count != 1 || !path_is_plain_name(names.items[0]))
		return error_set(error, -ENOENT, EXIT_NO_PRODUCT,
				 "rpmbuild made no source package of the spec.");
	return making_publish(making, &names, error);
}

int kmp_make(struct making *making, struct error *error)
{
	static const char *const programs[] = {"rpmbuild", "bzip2", "tar", NULL};
	const struct module_id *id = making->request->id;
	cleanup(rpm_release) struct rpm rpm = {0};
	cleanup(free_string) char *directory = text_format("%s-%s", id->name, id->version);
	cleanup(free_string) char *source = path_join(making->workshop.tree, directory, NULL);
	size_t size = 0;

	if (workshop_require(programs, error) < 0 ||
	    describe_kmp(making->request, &rpm, error) < 0 ||
	    payload_add_source(making, source, error) < 0 ||
	    making_set_time(making, source, error) < 0 ||
	    payload_finish(source, making->time, &size, error) < 0 ||
	    add_kmp_spec(making, &rpm, source, error) < 0)
		return error->code;
	return build_kmp(making, &rpm, error);
}
