/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "remote/access.h"
#include "remote/json_text.h"

enum { AUTH_MAX = 64 << 10, TEXT_MAX = 16 << 10 };

/* "https://index.docker.io/v1/" is the host alone. */
static char *plain_key(const char *key)
{
	const char *scheme = strstr(key, "://");
	const char *start = scheme ? scheme + strlen("://") : key;
	size_t length = strlen(start);

	while (length && start[length - 1] == '/')
		length--;
	return xstrndup(start, scheme ? strcspn(start, "/") : length);
}

/* How well a key fits: its length, 0: not at all. "host/prefix" fits better than "host". */
static size_t fit(const char *key, const struct place *place)
{
	cleanup(free_string) char *plain = plain_key(key);
	cleanup(free_string) char *whole = text_format("%s/%s", place->host, place->prefix);
	size_t length = strlen(plain);

	if (strncmp(plain, whole, length) != 0 || (whole[length] && whole[length] != '/'))
		return 0;
	return length;
}

static int value_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* NULL for what is no base64. */
static char *decoded(const char *text)
{
	cleanup(buffer_free) struct buffer plain = {0};
	unsigned int bits = 0, count = 0;

	for (; *text && *text != '='; text++) {
		int value = value_of(*text);

		if (value < 0)
			return NULL;
		bits = (bits << 6 | (unsigned int)value) & 0xffffff;
		count += 6;
		if (count >= 8) {
			count -= 8;
			buffer_add_char(&plain, (char)(bits >> count & 0xff));
		}
	}
	return strspn(text, "=") == strlen(text) ? buffer_take(&plain) : NULL;
}

static bool is_clean(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return text;
}

static int take_auth(struct json_object *entry, char **ret_user, char **ret_password,
		     struct error *error)
{
	const char *user = json_member_text(entry, "username", TEXT_MAX);
	const char *password = json_member_text(entry, "password", TEXT_MAX);
	const char *auth = json_member_text(entry, "auth", TEXT_MAX);
	cleanup(free_string) char *both = auth ? decoded(auth) : NULL;
	char *colon = both ? strchr(both, ':') : NULL;

	if (colon) {
		*colon = '\0';
		user = both;
		password = colon + 1;
	}
	if (!is_clean(user) || !is_clean(password))
		return error_set(
			error, -EINVAL, 0,
			"the entry has neither a good \"auth\" nor username and password.");
	*ret_user = xstrdup(user);
	*ret_password = xstrdup(password);
	return 0;
}

int access_parse(const char *text, size_t length, const struct place *place, char **ret_user,
		 char **ret_password, struct error *error)
{
	cleanup(json_release) struct json_object *root = json_parse_bounded(text, length, AUTH_MAX);
	struct json_object *auths = NULL, *found = NULL;
	size_t best = 0;

	*ret_user = *ret_password = NULL;
	if (!root)
		return error_set(error, -EINVAL, 0, "it is no JSON.");
	if (!json_object_object_get_ex(root, "auths", &auths) ||
	    !json_object_is_type(auths, json_type_object))
		return 0;
	json_object_object_foreach(auths, key, entry)
	{
		size_t length_of_fit = fit(key, place);

		if (length_of_fit > best) {
			best = length_of_fit;
			found = entry;
		}
	}
	return found ? take_auth(found, ret_user, ret_password, error) : 0;
}
