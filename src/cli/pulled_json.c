/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/pulled_json.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "remote/remote.h"
#include "reuse/pulled.h"
#include "tree/layout.h"

void pulled_json_add(const struct settings *settings, const struct module_id *id,
		     const struct kernel_id *kernel, struct json_object *object)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(pulled_free_handler) struct pulled *pulled = NULL;
	cleanup(error_clear) struct error ignored = {0};

	if (pulled_read(product, &pulled, &ignored) < 0)
		return;
	cleanup(free_string) char *host = remote_host(pulled->remote);

	json_set_text(object, "pulled_from", host);
	struct json_object *details = json_checked(json_object_new_object());

	json_set_text(details, "remote", pulled->remote);
	json_set_text(details, "tag", pulled->tag);
	json_set_text(details, "digest", pulled->digest);
	json_set_text(details, "publisher", pulled->publisher);
	json_set_text(details, "key_id", pulled->key_id);
	json_set(details, "verified", json_new_list(&pulled->verified));
	json_set(object, "pulled", details);
}

char *pulled_line(const struct settings *settings, const struct module_id *id,
		  const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(pulled_free_handler) struct pulled *pulled = NULL;
	cleanup(error_clear) struct error ignored = {0};

	if (pulled_read(product, &pulled, &ignored) < 0)
		return NULL;
	cleanup(free_string) char *host = remote_host(pulled->remote);
	cleanup(free_string) char *verified = strv_join(&pulled->verified, ", ");

	return text_format("%s/%s, %s, %s: pulled from %s, signed by \"%s\" (%s); verified: %s.",
			   id->name, id->version, kernel->release, kernel->arch, host,
			   pulled->publisher, pulled->key_id, verified);
}
