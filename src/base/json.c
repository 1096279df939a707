/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/utf8.h"

enum { DEPTH_MAX = 16 };

struct json_object *json_checked(struct json_object *object)
{
	if (!object)
		abort();
	return object;
}

struct json_object *json_new_text(const char *text)
{
	cleanup(free_string) char *repaired = utf8_repaired(text);

	return json_checked(json_object_new_string(repaired));
}

struct json_object *json_new_list(const struct strv *texts)
{
	struct json_object *list = json_checked(json_object_new_array());
	const char *text;

	STRV_FOREACH (text, texts)
		json_append(list, json_new_text(text));
	return list;
}

void json_set(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add(object, key, value) < 0)
		abort();
}

void json_set_text(struct json_object *object, const char *key, const char *text)
{
	json_set(object, key, json_new_text(text));
}

void json_set_flag(struct json_object *object, const char *key, bool flag)
{
	json_set(object, key, json_checked(json_object_new_boolean(flag)));
}

void json_append(struct json_object *array, struct json_object *item)
{
	if (json_object_array_add(array, item) < 0)
		abort();
}

/* json-c escapes C0 controls only. Escaped, all others say the same and move no terminal. */
static char *escape_controls(const char *text)
{
	struct buffer escaped = {0};

	for (size_t left = strlen(text); left;) {
		unsigned int character = 0;
		size_t length = utf8_character(text, left, &character);

		if (length && terminal_is_control(character))
			buffer_add_format(&escaped, "\\u%04x", character);
		else
			buffer_add(&escaped, text, length ? length : 1);
		text += length ? length : 1;
		left -= length ? length : 1;
	}
	buffer_add_char(&escaped, '\n');
	return buffer_take(&escaped);
}

static char *print(struct json_object *root, int flags)
{
	const char *text = json_object_to_json_string_ext(root, flags);

	if (!text)
		abort();
	char *copy = escape_controls(text);

	(void)json_object_put(root);
	return copy;
}

char *json_print(struct json_object *root)
{
	return print(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
}

char *json_print_line(struct json_object *root)
{
	return print(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

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
