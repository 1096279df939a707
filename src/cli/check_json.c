/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/check_json.h"

#include <stdlib.h>

#include <json-c/json.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/pulled_json.h"

static const char *const repair_names[] = {
	[REPAIR_BY_HAND] = "by hand", [REPAIR_NEXT_RUN] = "next run", [REPAIR_DISCARD] = "fix",
	[REPAIR_ADD] = "fix",         [REPAIR_REINSTALL] = "fix",     [REPAIR_RESTORE] = "fix",
	[REPAIR_DEPMOD] = "fix",
};

/* Nothing for NULL. */
static void set_text(struct json_object *object, const char *key, const char *text)
{
	cleanup(free_string) char *repaired = text ? utf8_repaired(text) : NULL;

	if (text && json_object_object_add(object, key, json_object_new_string(repaired)) < 0)
		abort();
}

static const char *const answer_names[] = {
	[VERDICT_LOADS] = "will-load",
	[VERDICT_UNKNOWN] = "unknown",
	[VERDICT_REFUSED] = "will-not-load",
};

static struct json_object *new_modules(const struct loading *loading)
{
	struct json_object *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < loading->count; i++) {
		const struct loading_report *module = &loading->items[i];
		struct json_object *object = json_checked(json_object_new_object());
		cleanup(free_string) char *next = loading_next_step(module);

		set_text(object, "module", module->id.name);
		set_text(object, "version", module->id.version);
		set_text(object, "kernel", module->kernel.release);
		set_text(object, "arch", module->kernel.arch);
		set_text(object, "path", module->path);
		set_text(object, "verdict", answer_names[module->verdict->answer]);
		set_text(object, "cause", module->verdict->cause);
		set_text(object, "reason", module->verdict->reason);
		set_text(object, "next", next);
		set_text(object, "class", module_class_word(module->criticality.class));
		set_text(object, "class_reason", module->criticality.reason);
		pulled_json_add(loading->settings, &module->id, &module->kernel, object);
		json_append(list, object);
	}
	return list;
}

static struct json_object *new_findings(const struct check_findings *findings)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct check_finding *finding = &findings->items[i];
		struct json_object *object = json_object_new_object();

		set_text(object, "kind", finding->kind);
		set_text(object, "path", finding->path);
		set_text(object, "message", finding->message);
		set_text(object, "repair",
			 finding->costs ? "fix --force" : repair_names[finding->repair]);
		set_text(object, "module", finding->id.name);
		set_text(object, "version", finding->id.version);
		set_text(object, "kernel", finding->kernel.release);
		set_text(object, "arch", finding->kernel.arch);
		if (json_object_array_add(list, object) < 0)
			abort();
	}
	return list;
}

static void show_json(const struct check_findings *findings, const struct loading *loading,
		      struct reporter *reporter)
{
	struct json_object *root = json_checked(json_object_new_object());

	json_set(root, "findings", new_findings(findings));
	json_set(root, "modules", new_modules(loading));
	cleanup(free_string) char *text = json_print(root);

	report_text(reporter, REPORT_OUTPUT, text);
}

static const char *advice(const struct check_finding *finding)
{
	if (finding->repair == REPAIR_BY_HAND)
		return "";
	return finding->costs ? " dkms check --fix --force drops it."
			      : " dkms check --fix repairs it.";
}

/* An earlier module is of the same package on the same kernel. */
static bool is_further_one(const struct loading *loading, size_t index)
{
	const struct loading_report *module = &loading->items[index];
	bool found = false;

	for (size_t i = 0; i < index && !found; i++)
		found = module_id_equal(&loading->items[i].id, &module->id) &&
			kernel_id_equal(&loading->items[i].kernel, &module->kernel);
	return found;
}

/* A line for each package on each kernel that another machine has built. */
static void show_pulled(const struct loading *loading, struct reporter *reporter)
{
	for (size_t i = 0; i < loading->count; i++) {
		const struct loading_report *module = &loading->items[i];
		cleanup(free_string) char *line = is_further_one(loading, i)
							  ? NULL
							  : pulled_line(loading->settings,
									&module->id,
									&module->kernel);

		if (line)
			report_text(reporter, REPORT_LINE, line);
	}
}

/* A line for each package on each kernel that the next boot needs. */
static void show_classes(const struct loading *loading, struct reporter *reporter)
{
	for (size_t i = 0; i < loading->count; i++) {
		const struct loading_report *module = &loading->items[i];

		if (module->criticality.class != MODULE_ORDINARY && !is_further_one(loading, i))
			report(reporter, REPORT_LINE, "%s/%s, %s, %s: %s: %s.", module->id.name,
			       module->id.version, module->kernel.release, module->kernel.arch,
			       module_class_word(module->criticality.class),
			       module->criticality.reason);
	}
}

void check_show(const struct check_findings *findings, const struct loading *loading, bool json,
		struct reporter *reporter)
{
	if (json) {
		show_json(findings, loading, reporter);
		return;
	}
	for (size_t i = 0; i < findings->count; i++) {
		const struct check_finding *finding = &findings->items[i];

		report(reporter, REPORT_LINE, "%s: %s.%s", finding->path, finding->message,
		       advice(finding));
	}
	for (size_t i = 0; i < loading->count; i++)
		if (loading->items[i].verdict->answer == VERDICT_UNKNOWN)
			report(reporter, REPORT_LINE,
			       "%s: whether it will load cannot be told: %s.",
			       loading->items[i].path, loading->items[i].verdict->reason);
	show_classes(loading, reporter);
	show_pulled(loading, reporter);
	if (!findings->count)
		report_text(reporter, REPORT_LINE, "Nothing is wrong.");
}
