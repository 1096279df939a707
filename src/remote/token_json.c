/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "remote/json_text.h"
#include "remote/token.h"

enum { TOKEN_ANSWER_MAX = 1 << 20 };

/* RFC 6750: what a header can carry. */
static bool is_token(const char *text)
{
	if (!text || !*text)
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

char *token_parse(const char *text, size_t length)
{
	cleanup(json_release) struct json_object *root = json_parse_bounded(text, length,
									    TOKEN_ANSWER_MAX);
	const char *token = root ? json_member_text(root, "token", TOKEN_MAX) : NULL;

	if (root && !token)
		token = json_member_text(root, "access_token", TOKEN_MAX);
	return is_token(token) ? xstrdup(token) : NULL;
}
