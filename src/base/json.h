/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing JSON with json-c, which reports only lack of memory: that ends the process here, as
 * everywhere. Texts that are no UTF-8 are repaired (base/utf8.h). Reading JSON is bounded in size
 * and depth.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "base/strv.h"

/* The object itself, which must be there. */
struct json_object *json_checked(struct json_object *object);
struct json_object *json_new_text(const char *text);
struct json_object *json_new_list(const struct strv *texts);

/* Adds a member; json_set() takes value, NULL for null. */
void json_set(struct json_object *object, const char *key, struct json_object *value);
void json_set_text(struct json_object *object, const char *key, const char *text);
void json_set_flag(struct json_object *object, const char *key, bool flag);
/* Takes item. */
void json_append(struct json_object *array, struct json_object *item);

/* The text of root, with a newline at its end, owned by the caller; root is released. */
char *json_print(struct json_object *root);
/* The same in one line. */
char *json_print_line(struct json_object *root);

/* NULL for anything but one JSON object: too large, too deep, or followed by something else. */
struct json_object *json_parse_bounded(const char *text, size_t length, size_t limit);
/* A member that is a text of at most limit bytes without NUL; valid as long as the object. */
const char *json_member_text(struct json_object *object, const char *key, size_t limit);

/* Releases what json_parse_bounded() gave, for cleanup(). */
void json_release(struct json_object **object);
