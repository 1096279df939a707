/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/check.h"

#include <stdlib.h>

#include <json-c/json.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/utf8.h"

static const char *const repair_names[] = {
	[REPAIR_BY_HAND] = "by hand", [REPAIR_NEXT_RUN] = "next run", [REPAIR_DISCARD] = "fix",
	[REPAIR_ADD] = "fix",         [REPAIR_REINSTALL] = "fix",
};

/* Nothing for NULL. */
static void set_text(struct json_object *object, const char *key, const char *text)
{
	cleanup(free_string) char *repaired = text ? utf8_repaired(text) : NULL;

	if (text && json_object_object_add(object, key, json_object_new_string(repaired)) < 0)
		abort();
}

static void show_json(const struct check_findings *findings, struct reporter *reporter)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct check_finding *finding = &findings->items[i];
		struct json_object *object = json_object_new_object();

		set_text(object, "kind", finding->kind);
		set_text(object, "path", finding->path);
		set_text(object, "message", finding->message);
		set_text(object, "repair", repair_names[finding->repair]);
		set_text(object, "module", finding->id.name);
		set_text(object, "version", finding->id.version);
		set_text(object, "kernel", finding->kernel.release);
		set_text(object, "arch", finding->kernel.arch);
		if (json_object_array_add(list, object) < 0)
			abort();
	}
	report_text(reporter, REPORT_LINE,
		    json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY |
								 JSON_C_TO_STRING_NOSLASHESCAPE));
	(void)json_object_put(list);
}

void check_show(const struct check_findings *findings, bool json, struct reporter *reporter)
{
	if (json) {
		show_json(findings, reporter);
		return;
	}
	for (size_t i = 0; i < findings->count; i++) {
		const struct check_finding *finding = &findings->items[i];

		report(reporter, REPORT_LINE, "%s: %s.%s", finding->path, finding->message,
		       finding->repair == REPAIR_BY_HAND ? "" : " dkms check --fix repairs it.");
	}
	if (!findings->count)
		report_text(reporter, REPORT_LINE, "Nothing is wrong.");
}
