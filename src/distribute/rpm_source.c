/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkrpm: a package with the source, which is built where the package is installed. */
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/payload.h"
#include "distribute/rpm.h"
#include "distribute/template_rpm.h"
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
