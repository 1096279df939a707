/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/pulled.h"

#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

enum { SIZE_LIMIT = 64 << 10, FORMAT = 1 };

typedef struct json_object json_object_type;

static void release(json_object_type *object)
{
	(void)json_object_put(object);
}
DEFINE_CLEANUP(json_object_type *, release)

void pulled_free(struct pulled *pulled)
{
	free(pulled->remote);
	free(pulled->tag);
	free(pulled->digest);
	free(pulled->publisher);
	free(pulled->key_id);
	strv_free(&pulled->verified);
	free(pulled);
}

enum { TEXTS = 5 };

struct member {
	const char *key;
	char **target;
};

static void list_texts(struct pulled *pulled, struct member members[TEXTS])
{
	const struct member all[TEXTS] = {
		{"remote", &pulled->remote}, {"tag", &pulled->tag},
		{"digest", &pulled->digest}, {"publisher", &pulled->publisher},
		{"key_id", &pulled->key_id},
	};

	for (size_t i = 0; i < TEXTS; i++)
		members[i] = all[i];
}

int pulled_write(const char *directory, const struct pulled *pulled, struct error *error)
{
	cleanup(free_string) char *path = path_join(directory, PULLED_NAME, NULL);
	json_object_type *root = json_checked(json_object_new_object());
	struct member members[TEXTS];

	list_texts((struct pulled *)pulled, members);
	json_set(root, "format", json_checked(json_object_new_int(FORMAT)));
	for (size_t i = 0; i < TEXTS; i++)
		json_set_text(root, members[i].key, *members[i].target);
	json_set(root, "verified", json_new_list(&pulled->verified));
	cleanup(free_string) char *text = json_print(root);

	return file_write_unsynced(path, text, strlen(text), 0644, error);
}

static const char *text_of(json_object_type *object)
{
	return json_object_is_type(object, json_type_string) ? json_object_get_string(object)
							     : NULL;
}

static bool take(json_object_type *root, struct pulled *pulled)
{
	struct member members[TEXTS];
	json_object_type *value;

	list_texts(pulled, members);
	for (size_t i = 0; i < TEXTS; i++) {
		if (!json_object_object_get_ex(root, members[i].key, &value) || !text_of(value))
			return false;
		*members[i].target = xstrdup(text_of(value));
	}
	if (!json_object_object_get_ex(root, "verified", &value) ||
	    !json_object_is_type(value, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		const char *text = text_of(json_object_array_get_idx(value, i));

		if (!text)
			return false;
		strv_add(&pulled->verified, text);
	}
	return true;
}

int pulled_read(const char *directory, struct pulled **ret_pulled, struct error *error)
{
	cleanup(free_string) char *path = path_join(directory, PULLED_NAME, NULL);
	cleanup(pulled_free_handler) struct pulled *pulled = NEW(struct pulled);
	cleanup(free_string) char *text = NULL;

	if (file_read_nofollow(path, SIZE_LIMIT, &text, NULL, error) < 0)
		return error->code;
	cleanup(release_handler) json_object_type *root = json_tokener_parse(text);

	if (!root || !json_object_is_type(root, json_type_object) || !take(root, pulled))
		return error_set(error, -EBADMSG, 0, "%s is damaged or cut short.", path);
	*ret_pulled = TAKE(pulled);
	return 0;
}
