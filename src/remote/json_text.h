/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading JSON that came from elsewhere: bounded in size and depth, each member checked. */
#pragma once

#include <stddef.h>

struct json_object;

/* NULL for what is no JSON object, too large, too deep, or followed by something else. */
struct json_object *json_parse_bounded(const char *text, size_t length, size_t limit);

/* A member that is a text of at most limit bytes without NUL; valid as long as the object. */
const char *json_member_text(struct json_object *object, const char *key, size_t limit);

/* For cleanup(). */
void json_release(struct json_object **object);
