/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/json_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum { DEPTH_MAX = 16 };

void json_release(struct json_object **object)
{
	if (*object)
		(void)json_object_put(*object);
}

static size_t blanks(const char *text, size_t length)
{
	size_t count = 0;

	while (count < length && strchr(" \t\r\n", text[count]) && text[count])
		count++;
	return count;
}

struct json_object *json_parse_bounded(const char *text, size_t length, size_t limit)
{
	struct json_tokener *tokener;
	struct json_object *root;

	if (!length || length > limit)
		return NULL;
	tokener = json_tokener_new_ex(DEPTH_MAX);
	if (!tokener)
		abort();
	root = json_tokener_parse_ex(tokener, text, (int)length);
	size_t end = json_tokener_get_parse_end(tokener);

	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    end + blanks(text + end, length - end) != length ||
	    !json_object_is_type(root, json_type_object)) {
		(void)json_object_put(root);
		root = NULL;
	}
	json_tokener_free(tokener);
	return root;
}

const char *json_member_text(struct json_object *object, const char *key, size_t limit)
{
	struct json_object *member = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &member) ||
	    !json_object_is_type(member, json_type_string))
		return NULL;
	size_t length = (size_t)json_object_get_string_len(member);
	const char *text = json_object_get_string(member);

	return length <= limit && !memchr(text, '\0', length) ? text : NULL;
}
