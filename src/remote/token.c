/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/token.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"

enum { VALUE_MAX = 4096 };

void challenge_free(struct challenge *challenge)
{
	free(challenge->realm);
	free(challenge->service);
	free(challenge->scope);
	*challenge = (struct challenge){0};
}

/* A quoted or plain value; *text moves behind it. NULL: too long, or with controls. */
static char *take_value(const char **text)
{
	struct buffer value = {0};
	bool is_quoted = **text == '"';
	const char *at = *text + is_quoted;

	for (; *at && (is_quoted ? *at != '"' : *at != ',' && *at != ' '); at++) {
		if (*at == '\\' && at[1])
			at++;
		buffer_add_char(&value, *at);
	}
	*text = at + (is_quoted && *at == '"');
	cleanup(free_string) char *taken = buffer_take(&value);

	for (const char *c = taken; *c; c++)
		if (iscntrl((unsigned char)*c))
			return NULL;
	return strlen(taken) <= VALUE_MAX ? TAKE(taken) : NULL;
}

static void keep(struct challenge *challenge, const char *name, size_t length, char *value)
{
	char **target = length == 5 && strncasecmp(name, "realm", length) == 0 ? &challenge->realm
			: length == 7 && strncasecmp(name, "service", length) == 0
				? &challenge->service
			: length == 5 && strncasecmp(name, "scope", length) == 0 ? &challenge->scope
										 : NULL;

	if (!target) {
		free(value);
		return;
	}
	free(*target);
	*target = value;
}

static void parse_values(const char *text, struct challenge *challenge)
{
	for (;;) {
		text += strspn(text, " ,\t");
		size_t length = strcspn(text, "= ,");

		if (!length || text[length] != '=')
			return;
		const char *name = text;

		text += length + 1;
		keep(challenge, name, length, take_value(&text));
	}
}

bool challenge_parse(const char *header, struct challenge *ret_challenge)
{
	*ret_challenge = (struct challenge){0};
	if (strncasecmp(header, "Basic", 5) == 0) {
		ret_challenge->is_basic = true;
		return true;
	}
	if (strncasecmp(header, "Bearer ", 7) != 0)
		return false;
	parse_values(header + 7, ret_challenge);
	return ret_challenge->realm && (text_starts_with(ret_challenge->realm, "https://") ||
					text_starts_with(ret_challenge->realm, "http://"));
}

static void add_escaped(struct buffer *url, const char *text)
{
	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr("-._~:/,", *text))
			buffer_add_char(url, *text);
		else
			buffer_add_format(url, "%%%02X", (unsigned char)*text);
}

char *challenge_url(const struct challenge *challenge, const char *scope)
{
	struct buffer url = {0};
	const char *wanted = challenge->scope ? challenge->scope : scope;

	buffer_add_text(&url, challenge->realm);
	buffer_add_text(&url, strchr(challenge->realm, '?') ? "&scope=" : "?scope=");
	add_escaped(&url, wanted);
	if (challenge->service) {
		buffer_add_text(&url, "&service=");
		add_escaped(&url, challenge->service);
	}
	return buffer_take(&url);
}
