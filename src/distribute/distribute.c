/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/distribute.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/path.h"
#include "base/text.h"
#include "distribute/payload.h"

static const struct format formats[] = {
	{"mkdeb", false, "deb", NULL, deb_source_make, deb_source_names},
	{"mkbmdeb", false, "bmdeb", NULL, deb_modules_make, deb_modules_names},
	{"mkdsc", false, "dsc", NULL, dsc_make, dsc_names},
	{"mkrpm", false, "rpm", NULL, rpm_source_make, rpm_source_names},
	{"mkrpm", true, "rpm", NULL, rpm_modules_make, rpm_modules_names},
	{"mkdriverdisk", false, "driver_disk", "Disk image location: ", disk_make, disk_names},
	{"mkkmp", false, "rpm", "KMP SRPM location: ", kmp_make, kmp_names},
};

const struct format *format_find(const char *name, bool binaries_only)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (text_equal(formats[i].name, name) && formats[i].binaries_only == binaries_only)
			return &formats[i];
	/* The option means nothing to the other formats. */
	return binaries_only ? format_find(name, false) : NULL;
}

int distribute_require_line(const char *option, const char *value, struct error *error)
{
	bool blank = true;

	for (const char *c = value ? value : "x"; *c; c++) {
		if (iscntrl((unsigned char)*c))
			return error_set(error, -EINVAL, EXIT_USAGE,
					 "The value of %s must be one line of text.", option);
		blank = blank && *c == ' ';
	}
	if (blank)
		return error_set(error, -EINVAL, EXIT_USAGE, "The value of %s is empty.", option);
	return 0;
}

static int check_options(const struct distribute_options *options, struct error *error)
{
	const struct {
		const char *name, *value;
	} lines[] = {
		{"--pkgname", options->package_name}, {"--maintainer", options->maintainer},
		{"--license", options->license},      {"--homepage", options->homepage},
		{"--summary", options->summary},      {"--distribution", options->distribution},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (distribute_require_line(lines[i].name, lines[i].value, error) < 0)
			return error->code;
	return 0;
}

static void making_release(struct making *making)
{
	publication_close(&making->publication);
	workshop_close(&making->workshop);
	free(making->license);
}

int distribute(const struct format *format, const struct distribute_request *request,
	       struct error *error)
{
	cleanup(making_release) struct making making = {.request = request};

	if (check_options(&request->options, error) < 0 ||
	    workshop_open(request->settings, &making.workshop, error) < 0 ||
	    publication_open(request->output, &making.publication, error) < 0 ||
	    format->make(&making, error) < 0)
		return error->code;
	if (publication_commit(&making.publication, request->reporter, error) < 0)
		return error->code;
	for (size_t i = 0; format->announcement && i < making.publication.names.count; i++) {
		report_text(request->reporter, REPORT_LINE, "");
		report(request->reporter, REPORT_LINE, "%s%s/%s", format->announcement,
		       making.publication.directory, making.publication.names.items[i]);
	}
	return 0;
}

int making_publish(struct making *making, const struct strv *names, struct error *error)
{
	const char *name;

	STRV_FOREACH (name, names) {
		cleanup(free_string) char *made = path_join("out", name, NULL);

		if (publication_add(&making->publication, &making->workshop, made, name, error) < 0)
			return error->code;
	}
	return 0;
}

int making_publish_all(struct making *making, const char *template, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (workshop_list(&making->workshop, &names, error) < 0)
		return error->code;
	if (!names.count)
		return error_set(error, -ENOENT, EXIT_NO_PRODUCT,
				 "The template %s made no package.", template);
	STRV_FOREACH (name, &names)
		if (!path_is_plain_name(name))
			return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
					 "The template %s made a file whose name cannot be used.",
					 template);
	return making_publish(making, &names, error);
}

const char *making_license(const struct making *making)
{
	const char *given = making->request->options.license;

	return given ? given : making->license;
}

int making_set_time(struct making *making, const char *root, struct error *error)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	size_t digits = epoch ? strspn(epoch, "0123456789") : 0;

	if (text_empty(epoch))
		return payload_newest_time(root, &making->time, error);
	errno = 0;
	making->time = (time_t)strtoll(epoch, NULL, 10);
	if (!errno && digits == strlen(epoch) && making->time <= UINT_MAX)
		return 0;
	return error_set(error, -EINVAL, EXIT_USAGE,
			 "SOURCE_DATE_EPOCH must be a number of seconds, not \"%s\".", epoch);
}
