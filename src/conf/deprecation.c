/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/text.h"
#include "conf/directives.h"
#include "conf/package_loader.h"

/* CLEAN is a must for old versions of dkms: one that does nothing is there to please them. */
static bool does_nothing(const char *clean)
{
	return text_empty(clean) || text_equal(clean, "true") || text_equal(clean, "/bin/true") ||
	       text_equal(clean, "/usr/bin/true");
}

static bool is_silent(const struct directive *directive, const struct conf_value *value)
{
	if (text_equal(directive->name, "CLEAN"))
		return does_nothing(value->text);
	return text_equal(directive->name, "OBSOLETE_BY") && text_empty(value->text);
}

/* The file of an origin "FILE:LINE": one notice per file and directive is enough. */
static int file_length(const char *origin)
{
	const char *colon = strrchr(origin, ':');

	if (colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1))
		return (int)(colon - origin);
	return (int)strlen(origin);
}

void package_report_deprecated(struct package_loader *loader)
{
	for (size_t i = 0; i < conf_directive_count; i++) {
		const struct directive *directive = &conf_directives[i];
		const struct conf_array *array = conf_values_array(loader->values, directive->name);

		if (!directive->deprecated || !array || !array->count)
			continue;
		const struct conf_value *value = &array->values[0];
		const char *origin = value->origin ? value->origin : loader->request->conf_file;

		if (!is_silent(directive, value))
			report(loader->reporter, REPORT_DEPRECATED, "%s (%.*s): %s.",
			       directive->name, file_length(origin), origin, directive->deprecated);
	}
}
