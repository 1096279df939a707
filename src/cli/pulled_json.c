/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/pulled_json.h"

#include "base/cleanup.h"
#include "reuse/pulled.h"
#include "tree/layout.h"

void pulled_json_add(const struct settings *settings, const struct status_entry *entry,
		     struct json_object *object)
{
	cleanup(free_string) char *product = layout_product(settings, &entry->id, &entry->kernel);
	cleanup(pulled_free_handler) struct pulled *pulled = NULL;
	cleanup(error_clear) struct error ignored = {0};

	if (!entry->pulled_from)
		return;
	json_set_text(object, "pulled_from", entry->pulled_from);
	if (pulled_read(product, &pulled, &ignored) < 0)
		return;
	struct json_object *details = json_checked(json_object_new_object());

	json_set_text(details, "remote", pulled->remote);
	json_set_text(details, "tag", pulled->tag);
	json_set_text(details, "digest", pulled->digest);
	json_set_text(details, "publisher", pulled->publisher);
	json_set_text(details, "key_id", pulled->key_id);
	json_set(details, "verified", json_new_list(&pulled->verified));
	json_set(object, "pulled", details);
}
