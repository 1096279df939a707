/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/deprecation.h"

#include "base/text.h"
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

const struct conf_value *deprecated_use(const struct conf_values *values,
					const struct directive *directive)
{
	const struct conf_array *array = conf_values_array(values, directive->name);

	if (!directive->deprecated || !array || !array->count ||
	    is_silent(directive, &array->values[0]))
		return NULL;
	return &array->values[0];
}

void package_report_deprecated(struct package_loader *loader)
{
	for (size_t i = 0; i < conf_directive_count; i++) {
		const struct directive *directive = &conf_directives[i];
		const struct conf_value *use = deprecated_use(loader->values, directive);
		long line;

		if (!use)
			continue;
		const char *origin = use->origin ? use->origin : loader->request->conf_file;

		report(loader->reporter, REPORT_DEPRECATED, "%s (%.*s): %s.", directive->name,
		       (int)conf_origin_split(origin, &line), origin, directive->deprecated);
	}
}
