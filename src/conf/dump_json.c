/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <json-c/json.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/utf8.h"
#include "conf/directives.h"
#include "conf/dump.h"

/* json-c reports nothing but lack of memory, which ends the process here as everywhere. */
static struct json_object *checked(struct json_object *object)
{
	if (!object)
		abort();
	return object;
}

static struct json_object *new_text(const char *text)
{
	cleanup(free_string) char *repaired = utf8_repaired(text);

	return checked(json_object_new_string(repaired));
}

/* Takes value. */
static void set(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add(object, key, value) < 0)
		abort();
}

static void set_text(struct json_object *object, const char *key, const char *text)
{
	set(object, key, new_text(text));
}

static void set_flag(struct json_object *object, const char *key, bool flag)
{
	set(object, key, checked(json_object_new_boolean(flag)));
}

/* Takes item. */
static void append(struct json_object *array, struct json_object *item)
{
	if (json_object_array_add(array, item) < 0)
		abort();
}

static struct json_object *new_list(const struct strv *texts)
{
	struct json_object *list = checked(json_object_new_array());
	const char *text;

	STRV_FOREACH (text, texts)
		append(list, new_text(text));
	return list;
}

static struct json_object *new_module(const struct built_module *module)
{
	struct json_object *object = checked(json_object_new_object());

	set_text(object, "built_name", module->built_name);
	set_text(object, "built_location", module->built_location);
	set_text(object, "dest_name", module->dest_name);
	set_text(object, "dest_location", module->dest_location);
	set_flag(object, "strip", module->strip);
	set_flag(object, "excluded", module->excluded);
	return object;
}

static struct json_object *new_package(const struct package *package)
{
	struct json_object *object = checked(json_object_new_object());
	struct json_object *modules = checked(json_object_new_array());

	set_text(object, "name", package->name);
	set_text(object, "version", package->version);
	set_flag(object, "autoinstall", package->autoinstall);
	set_flag(object, "no_weak_modules", package->no_weak_modules);
	set_flag(object, "build_depends_rebuild", package->build_depends_rebuild);
	if (package->make_command)
		set_text(object, "make", package->make_command);
	set(object, "patches", new_list(&package->patches));
	set(object, "build_depends", new_list(&package->build_depends));
	set_flag(object, "excluded", package->excluded);
	if (package->excluded)
		set_text(object, "exclusion_reason", package->exclusion_reason);
	for (size_t i = 0; i < package->module_count; i++)
		append(modules, new_module(&package->modules[i]));
	set(object, "modules", modules);
	return object;
}

static void set_elements(struct json_object *directives, struct json_object *origins,
			 const char *name, const struct conf_array *array)
{
	struct json_object *texts = checked(json_object_new_object());
	struct json_object *places = checked(json_object_new_object());

	for (size_t i = 0; i < array->count; i++) {
		const struct conf_value *value = &array->values[i];
		cleanup(free_string) char *index = text_format("%ld", value->index);

		set_text(texts, index, value->text);
		if (value->origin)
			set_text(places, index, value->origin);
	}
	set(directives, name, texts);
	set(origins, name, places);
}

static void set_values(struct json_object *root, const struct conf_values *values)
{
	struct json_object *directives = checked(json_object_new_object());
	struct json_object *origins = checked(json_object_new_object());

	for (size_t i = 0; i < conf_directive_count; i++) {
		const char *name = conf_directives[i].name;
		const struct conf_array *array = conf_values_array(values, name);

		if (array && array->count)
			set_elements(directives, origins, name, array);
	}
	set(root, "directives", directives);
	set(root, "origins", origins);
}

static struct json_object *new_findings(const struct lint_findings *findings)
{
	struct json_object *list = checked(json_object_new_array());

	for (size_t i = 0; i < findings->count; i++) {
		const struct lint_finding *finding = &findings->items[i];
		struct json_object *object = checked(json_object_new_object());

		set_text(object, "file", finding->file);
		if (finding->line)
			set(object, "line", checked(json_object_new_int64(finding->line)));
		set_text(object, "kind", lint_kind_name(finding->kind));
		set_text(object, "text", finding->text);
		append(list, object);
	}
	return list;
}

char *conf_dump_json(const struct conf_dump *dump)
{
	const struct conf_evaluation *evaluation = dump->evaluation;
	struct json_object *root = checked(json_object_new_object());

	set(root, "package", dump->package ? new_package(dump->package) : NULL);
	set_values(root, &evaluation->values);
	set(root, "files", new_list(&evaluation->files));
	set_text(root, "evaluated_by", evaluation->by == EVALUATED_BASH ? "bash" : "builtin");
	set(root, "bash_reasons", new_list(&evaluation->reasons));
	if (dump->findings)
		set(root, "findings", new_findings(dump->findings));
	const char *text = json_object_to_json_string_ext(
		root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		abort();
	char *copy = text_format("%s\n", text);

	(void)json_object_put(root);
	return copy;
}
