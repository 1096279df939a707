/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "conf/directives.h"
#include "conf/dump.h"
#include "conf/policy.h"

/* As bash reads it within double quotes. */
static void add_quoted(struct buffer *out, const char *text)
{
	buffer_add_char(out, '"');
	for (; *text; text++) {
		if (strchr("\"\\$`", *text))
			buffer_add_char(out, '\\');
		buffer_add_char(out, *text);
	}
	buffer_add_char(out, '"');
}

static void add_directive(struct buffer *out, const char *name, const struct conf_value *value)
{
	cleanup(free_string) char *label = conf_directive_label(name, value->index);

	buffer_add_text(out, label);
	buffer_add_char(out, '=');
	add_quoted(out, value->text);
	if (value->origin)
		buffer_add_format(out, "  # %s", value->origin);
	buffer_add_char(out, '\n');
}

static void add_all(struct buffer *out, const struct conf_values *values, const char *name)
{
	const struct conf_array *array = conf_values_array(values, name);

	for (size_t i = 0; array && i < array->count; i++)
		add_directive(out, name, &array->values[i]);
}

static void add_finding(struct buffer *out, const struct lint_finding *finding)
{
	buffer_add_format(out, "%s:", finding->file);
	if (finding->line)
		buffer_add_format(out, "%ld:", finding->line);
	buffer_add_format(out, " %s: %s\n", lint_kind_name(finding->kind), finding->text);
}

static char *lint_verdict(const struct lint_findings *findings)
{
	struct buffer out = {0};

	for (size_t i = 0; i < findings->count; i++)
		add_finding(&out, &findings->items[i]);
	if (findings->count)
		buffer_add_format(&out, "%zu finding%s.\n", findings->count,
				  findings->count == 1 ? "" : "s");
	else
		buffer_add_text(&out, "No findings.\n");
	return buffer_take(&out);
}

char *conf_dump_text(const struct conf_dump *dump)
{
	struct buffer out = {0};

	if (dump->findings)
		return lint_verdict(dump->findings);

	for (size_t i = 0; i < conf_directive_count; i++)
		add_all(&out, &dump->evaluation->values, conf_directives[i].name);
	for (size_t i = 0; policy_names[i]; i++)
		add_all(&out, &dump->evaluation->overriding, policy_names[i]);
	if (dump->package && dump->package->excluded)
		buffer_add_format(&out, "# excluded: %s\n", dump->package->exclusion_reason);
	return buffer_take(&out);
}
