/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a registry sends for a token: the challenge of a 401, and what the service it names gives. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

enum { TOKEN_MAX = 64 << 10 };

struct challenge {
	bool is_basic;
	char *realm;           /* of Bearer: a URL, http or https */
	char *service, *scope; /* NULL: not said */
};

/* False for what is understood by nobody. Release in any case. */
bool challenge_parse(const char *header, struct challenge *ret_challenge);
void challenge_free(struct challenge *challenge);

/* The URL to get a token from, owned by the caller. */
char *challenge_url(const struct challenge *challenge, const char *scope);

/* The token in the service's answer, owned by the caller; NULL: there is none that can be used. */
char *token_parse(const char *text, size_t length);
