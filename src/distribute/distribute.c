/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/distribute.h"

#include <stdlib.h>

#include "base/text.h"
#include "distribute/making.h"

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
		if (making_require_line(lines[i].name, lines[i].value, error) < 0)
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
