/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/dump.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "conf/directives.h"
#include "conf/setting.h"

static struct json_object *new_module(const struct built_module *module)
{
	struct json_object *object = json_checked(json_object_new_object());

	json_set_text(object, "built_name", module->built_name);
	json_set_text(object, "built_location", module->built_location);
	json_set_text(object, "dest_name", module->dest_name);
	json_set_text(object, "dest_location", module->dest_location);
	json_set_flag(object, "strip", module->strip);
	json_set_flag(object, "excluded", module->excluded);
	return object;
}

static struct json_object *new_package(const struct package *package)
{
	struct json_object *object = json_checked(json_object_new_object());
	struct json_object *modules = json_checked(json_object_new_array());

	json_set_text(object, "name", package->name);
	json_set_text(object, "version", package->version);
	json_set_flag(object, "autoinstall", package->autoinstall);
	json_set_flag(object, "no_weak_modules", package->no_weak_modules);
	json_set_flag(object, "build_depends_rebuild", package->build_depends_rebuild);
	if (package->make_command)
		json_set_text(object, "make", package->make_command);
	json_set(object, "patches", json_new_list(&package->patches));
	json_set(object, "build_depends", json_new_list(&package->build_depends));
	json_set_flag(object, "excluded", package->excluded);
	if (package->excluded)
		json_set_text(object, "exclusion_reason", package->exclusion_reason);
	for (size_t i = 0; i < package->module_count; i++)
		json_append(modules, new_module(&package->modules[i]));
	json_set(object, "modules", modules);
	return object;
}

static void set_elements(struct json_object *directives, struct json_object *origins,
			 const struct conf_values *values, const char *name)
{
	const struct conf_array *array = conf_values_array(values, name);

	if (!array || !array->count)
		return;
	struct json_object *texts = json_checked(json_object_new_object());
	struct json_object *places = json_checked(json_object_new_object());

	for (size_t i = 0; i < array->count; i++) {
		const struct conf_value *value = &array->values[i];
		cleanup(free_string) char *index = text_format("%ld", value->index);

		json_set_text(texts, index, value->text);
		if (value->origin)
			json_set_text(places, index, value->origin);
	}
	json_set(directives, name, texts);
	json_set(origins, name, places);
}

static void set_values(struct json_object *root, const struct conf_evaluation *evaluation)
{
	struct json_object *directives = json_checked(json_object_new_object());
	struct json_object *origins = json_checked(json_object_new_object());

	for (size_t i = 0; i < conf_directive_count; i++)
		set_elements(directives, origins, &evaluation->values, conf_directives[i].name);
	for (size_t i = 0; policy_names[i]; i++)
		set_elements(directives, origins, &evaluation->overriding, policy_names[i]);
	json_set(root, "directives", directives);
	json_set(root, "origins", origins);
}

static struct json_object *new_policy(const struct policy *policy)
{
	struct json_object *object = json_checked(json_object_new_object());

	for (size_t i = 0; policy_names[i]; i++)
		json_set_text(object, policy_names[i], policy_text(policy, policy_names[i]));
	return object;
}

static struct json_object *new_findings(const struct lint_findings *findings)
{
	struct json_object *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < findings->count; i++) {
		const struct lint_finding *finding = &findings->items[i];
		struct json_object *object = json_checked(json_object_new_object());

		json_set_text(object, "file", finding->file);
		if (finding->line)
			json_set(object, "line",
				 json_checked(json_object_new_int64(finding->line)));
		json_set_text(object, "kind", lint_kind_name(finding->kind));
		json_set_text(object, "text", finding->text);
		json_append(list, object);
	}
	return list;
}

char *conf_dump_json(const struct conf_dump *dump)
{
	const struct conf_evaluation *evaluation = dump->evaluation;
	struct json_object *root = json_checked(json_object_new_object());

	if (evaluation) {
		json_set(root, "package", dump->package ? new_package(dump->package) : NULL);
		set_values(root, evaluation);
		json_set(root, "policy", new_policy(&evaluation->policy));
		json_set(root, "files", json_new_list(&evaluation->files));
	}
	if (dump->findings)
		json_set(root, "findings", new_findings(dump->findings));
	return json_print(root);
}

/* Quotes the text for bash, in double quotes. */
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
