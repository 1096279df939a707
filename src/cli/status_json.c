/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms status --json: what the lines say, and what they cannot. */
#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "cli/status_text.h"
#include "tree/layout.h"

static void set_optional(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_set_text(object, key, text);
}

/* The files that were built, as they are now. */
static struct json_object *new_files(const struct settings *settings,
				     const struct status_entry *entry)
{
	cleanup(free_string) char *directory = layout_product_modules(settings, &entry->id,
								      &entry->kernel);
	struct json_object *list = json_checked(json_object_new_array());
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(directory, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		json_append(list, json_new_text(path));
	}
	return list;
}

static struct json_object *new_entry(const struct settings *settings,
				     const struct status_entry *entry)
{
	struct json_object *object = json_checked(json_object_new_object());
	cleanup(free_string) char *link = layout_source_link(settings, &entry->id);
	cleanup(free_string) char *source = realpath(link, NULL);

	json_set_text(object, "module", entry->id.name);
	json_set_text(object, "version", entry->id.version);
	json_set_text(object, "state", status_state_name(entry->state));
	set_optional(object, "source", source);
	if (!entry->kernel.release)
		return object;
	json_set_text(object, "kernel", entry->kernel.release);
	json_set_text(object, "arch", entry->kernel.arch);
	set_optional(object, "weak_from", entry->weak_from);
	set_optional(object, "reused_from", entry->reused_from);
	json_set_flag(object, "original_modules", entry->originals);
	json_set_flag(object, "files_missing", entry->missing || entry->lacking);
	json_set_flag(object, "files_differ", entry->differs);
	json_set(object, "built_files", new_files(settings, entry));
	return object;
}

char *status_json(const struct settings *settings, const struct status_list *list)
{
	struct json_object *root = json_checked(json_object_new_object());
	struct json_object *entries = json_checked(json_object_new_array());

	json_set(root, "schema", json_checked(json_object_new_int(1)));
	for (size_t i = 0; i < list->count; i++)
		json_append(entries, new_entry(settings, &list->items[i]));
	json_set(root, "modules", entries);
	return json_print(root);
}
