/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/template_rpm.h"

#include <errno.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/payload.h"
#include "distribute/rpm.h"
#include "distribute/tools.h"

enum { SPEC_MAX = 1 << 20 };

/*
 * $1: the module, $2: its version, $3: kernels. "none" says that the packages hold the source
 * alone: what is built is behind the wall of the cage.
 */
static const char build_script[] =
	"umask 022\n"
	"mkdir -p top/db\n"
	"touch -d \"@$SOURCE_DATE_EPOCH\" template.spec\n"
	"rpmbuild -ba --define \"module_name $1\" --define \"version $2\" \\\n"
	"	--define \"kernel_versions $3 %{nil}\" --define 'mktarball_line none' " RPMBUILD_DEFINES
	" template.spec\n"
	"find top/RPMS top/SRPMS -name '*.rpm' -exec mv {} out/ \\;\n";

char *template_rpm_find(const struct distribute_request *request)
{
	cleanup(free_string) char *name = text_format("%s-dkms-mkrpm.spec", request->id->name);
	cleanup(free_string) char *own = path_join(request->source, name, NULL);
	cleanup(free_string) char *system = settings_path(request->settings,
							  "/etc/dkms/template-dkms-mkrpm.spec");

	if (file_is_regular(own) && !file_is_symlink(own))
		return TAKE(own);
	return file_is_regular(system) ? TAKE(system) : NULL;
}

/* The spec as the source's own copy has it, where it is the source's. */
static int add_spec(const struct making *making, const char *template, const char *source,
		    struct error *error)
{
	bool is_own = path_is_within(template, making->request->source);
	cleanup(free_string) char *own = path_join(source, path_basename(template), NULL);
	cleanup(free_string) char *text = NULL;
	int code = is_own ? file_read_nofollow(own, SPEC_MAX, &text, NULL, error)
			  : file_read(template, SPEC_MAX, &text, NULL, error);

	if (code < 0)
		return error_set_status(error, EXIT_PATCH_MISSING);
	return payload_add_text(making->workshop.tree, "template.spec", text, 0644, error);
}

static int add_common_postinst(const struct making *making, const char *sources,
			       struct error *error)
{
	const struct distribute_request *request = making->request;
	cleanup(free_string) char *from = settings_path(request->settings,
							"/usr/lib/dkms/common.postinst");
	cleanup(free_string) char *to = path_join(sources, "common.postinst", NULL);

	if (text_equal(request->options.legacy_postinst, "0") || !file_is_regular(from))
		return 0;
	report(request->reporter, REPORT_LINE, "copying legacy postinstall template...");
	return file_copy_unsynced(from, to, error);
}

static int lay_out(struct making *making, const char *template, struct error *error)
{
	const struct module_id *id = making->request->id;
	cleanup(free_string) char *directory = text_format("%s-%s", id->name, id->version);
	cleanup(free_string) char *sources = path_join(making->workshop.tree, "top/SOURCES", NULL);
	cleanup(free_string) char *source = path_join(sources, directory, NULL);
	size_t size = 0;

	report(making->request->reporter, REPORT_LINE, "Using %s", template);
	if (payload_add_source(making, source, error) < 0 ||
	    making_set_time(making, source, error) < 0 ||
	    add_common_postinst(making, sources, error) < 0 ||
	    payload_finish(sources, making->time, &size, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return add_spec(making, template, source, error);
}

/* "K1 K2", as far as they are plain words. */
static char *list_kernels(const struct kernel_ids *kernels)
{
	struct buffer list = {0};

	for (size_t i = 0; i < kernels->count; i++)
		if (rpm_is_plain(kernels->items[i].release))
			buffer_add_format(&list, "%s%s", list.length ? " " : "",
					  kernels->items[i].release);
	return buffer_take(&list);
}

int template_rpm_make(struct making *making, const char *template, struct error *error)
{
	static const char *const programs[] = {"rpmbuild", "find", NULL};
	const struct distribute_request *request = making->request;
	cleanup(rpm_release) struct rpm rpm = {0};
	cleanup(free_string) char *kernels = list_kernels(request->kernels);
	cleanup(free_string) char *purpose = text_format("creating your rpm from the template %s",
							 template);
	const char *const arguments[] = {request->id->name, request->id->version, kernels, NULL};
	struct workshop_job job = {
		.purpose = purpose, .script = build_script, .arguments = arguments};

	if (tools_require(programs, error) < 0 ||
	    rpm_describe(request, request->id->name, &rpm, error) < 0 ||
	    lay_out(making, template, error) < 0)
		return error->code;
	job.time = making->time;
	report(request->reporter, REPORT_LINE, "rpmbuild...");
	if (workshop_run(&making->workshop, &job, error) < 0)
		return error->code;
	return making_publish_all(making, template, error);
}
