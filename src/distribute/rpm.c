/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/rpm.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/deb.h"

/*
 * $1: name and version, $2: the directory, $3: the architecture, $4: -ba or -bb, $5: the name. The
 * script reads the aliases of modules here, in the cage. Only aliases of harmless characters go
 * into the spec.
 */
static const char build_script[] =
	"umask 022\n"
	"mkdir -p top/SOURCES top/db\n"
	"find \"$2\" -type f -name '*.ko*' -exec modinfo -F alias {} \\; |\n"
	"	sed -n 's/^[][A-Za-z0-9_:*?.,=-]*$/Provides: modalias(&)/p' | LC_ALL=C sort -u >aliases\n"
	"sed -e '/^@MODALIASES@$/{r aliases' -e 'd}' \"$1.spec.in\" >\"top/$5.spec\"\n"
	"tar --sort=name --mtime=\"@$SOURCE_DATE_EPOCH\" --owner=0 --group=0 --numeric-owner \\\n"
	"	--format=gnu -cf - \"$2\" | gzip -9n >\"top/SOURCES/$1.tar.gz\"\n"
	"touch -d \"@$SOURCE_DATE_EPOCH\" \"top/$5.spec\" top/SOURCES/*\n"
	"rpmbuild \"$4\" --target \"$3\" " RPMBUILD_DEFINES " \"top/$5.spec\"\n"
	"find top/RPMS top/SRPMS -name '*.rpm' -exec mv {} out/ \\;\n";

void rpm_release(struct rpm *rpm)
{
	free(rpm->name);
	free(rpm->version);
	free(rpm->directory);
	free(rpm->summary);
	*rpm = (struct rpm){0};
}

bool rpm_is_plain(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!isascii(*c) || (!isalnum((unsigned char)*c) && !strchr("+-._~:,=@^", *c)))
			return false;
	return true;
}

static char *version_of(const char *version)
{
	char *text = xstrdup(version);

	for (char *c = text; *c; c++) {
		if (*c == '-')
			*c = '_';
		else if (!isalnum((unsigned char)*c) && !strchr("._+~^", *c))
			*c = '.';
	}
	return text;
}

static bool is_release(const char *release)
{
	return *release && rpm_is_plain(release) && !strpbrk(release, "-:,=@");
}

int rpm_describe(const struct distribute_request *request, const char *name, struct rpm *rpm,
		 struct error *error)
{
	const struct module_id *id = request->id;
	const char *usual = request->options.compatible_names ? "1dkms" : "1";
	const char *release = request->options.revision ? request->options.revision : usual;

	if (!rpm_is_plain(id->name) || !rpm_is_plain(id->version) || !rpm_is_plain(name) ||
	    strpbrk(name, ":,=@^~") || !(isalnum((unsigned char)*name) || *name == '_'))
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "No rpm can be made of %s/%s: letters, digits and '+', '-', '.', "
				 "'_' may be in its name.\n"
				 "Choose another name with --pkgname, if that is all.",
				 id->name, id->version);
	if (!is_release(release))
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "\"%s\" cannot be a release: it may hold letters, digits, '+', "
				 "'.', '_', '^' and '~'.",
				 release);
	rpm->name = xstrdup(name);
	rpm->version = version_of(id->version);
	rpm->release = release;
	return 0;
}

char *rpm_file(const struct rpm *rpm, const char *architecture)
{
	return text_format("%s-%s-%s.%s.rpm", rpm->name, rpm->version, rpm->release, architecture);
}

/* Doubles each "%", which would begin a macro. */
static char *escaped(const char *text)
{
	struct buffer result = {0};

	for (; *text; text++) {
		buffer_add_char(&result, *text);
		if (*text == '%')
			buffer_add_char(&result, '%');
	}
	return buffer_take(&result);
}

/* "Tue Nov 14 2023" from "Tue, 14 Nov 2023 …" */
static char *changelog_date(time_t time)
{
	cleanup(free_string) char *date = deb_date(time);
	cleanup(strv_free) struct strv parts = {0};

	strv_split(&parts, date, ", ");
	return text_format("%s %s %s %s", parts.items[0], parts.items[2], parts.items[1],
			   parts.items[3]);
}

char *rpm_field(const void *rpm_spec, const char *field)
{
	const struct rpm_spec *spec = rpm_spec;
	const struct rpm *rpm = spec->rpm;
	const struct distribute_request *request = spec->making->request;
	const struct distribute_options *options = &request->options;

	if (text_equal(field, "name"))
		return xstrdup(rpm->name);
	if (text_equal(field, "version"))
		return xstrdup(rpm->version);
	if (text_equal(field, "release"))
		return xstrdup(rpm->release);
	if (text_equal(field, "directory"))
		return xstrdup(rpm->directory);
	if (text_equal(field, "summary"))
		return escaped(options->summary ? options->summary : rpm->summary);
	if (text_equal(field, "module"))
		return xstrdup(request->id->name);
	if (text_equal(field, "module_version"))
		return xstrdup(request->id->version);
	if (text_equal(field, "license")) {
		const char *license = making_license(spec->making);

		return escaped(license ? license : "Unspecified");
	}
	if (text_equal(field, "date"))
		return changelog_date(spec->making->time);
	if (text_equal(field, "maintainer")) {
		cleanup(free_string) char *maintainer = deb_maintainer(request);

		return escaped(maintainer);
	}
	if (text_equal(field, "url")) {
		cleanup(free_string) char *url = escaped(options->homepage ? options->homepage
									   : "");

		return *url ? text_format("URL: %s\n", url) : xstrdup("");
	}
	return NULL;
}

int rpm_add_spec(const struct making *making, const struct rpm *rpm, const char *text,
		 template_value *value, const void *context, struct error *error)
{
	cleanup(free_string) char *filled = template_fill(text, value, context);
	cleanup(free_string) char *name = text_format("%s-%s.spec.in", rpm->name, rpm->version);

	return payload_add_text(making->workshop.tree, name, filled, 0644, error);
}

int rpm_build(const struct making *making, const struct rpm *rpm, struct error *error)
{
	cleanup(free_string) char *stem = text_format("%s-%s", rpm->name, rpm->version);
	cleanup(free_string) char *purpose = text_format("creating your rpm %s", stem);
	const char *const arguments[] = {stem,
					 rpm->directory,
					 rpm->architecture,
					 rpm->is_source_wanted ? "-ba" : "-bb",
					 rpm->name,
					 NULL};
	const struct workshop_job job = {
		.purpose = purpose,
		.script = build_script,
		.arguments = arguments,
		.time = making->time,
	};

	report(making->request->reporter, REPORT_LINE, "rpmbuild...");
	return workshop_run(&making->workshop, &job, error);
}

int rpm_require_tools(struct error *error)
{
	static const char *const programs[] = {"rpmbuild", "find", "gzip", "modinfo",
					       "sed",      "sort", "tar",  NULL};

	return workshop_require(programs, error);
}
