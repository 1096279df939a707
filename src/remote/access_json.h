/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The credentials of this machine for a registry, from files of the administrator:
 *
 * - /etc/dkms/registry-auth.json in docker's format, closed to others. $REGISTRY_AUTH_FILE names
 *   another file.
 * - /etc/dkms/certs.d/HOST[:PORT]/ with ca.crt, client.cert and client.key, as docker has them.
 *
 * A confined worker reads the first, and answers only with the entry for one registry.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/report.h"
#include "model/settings.h"
#include "remote/place.h"

struct access {
	bool is_loaded;
	char *user, *password;
	char *authority;         /* PEM; NULL: those of the system */
	char *certificate, *key; /* PEM, of this machine; NULL: none */
	char *token;             /* that the registry gave last; NULL: none */
};

/* Reads the files once. Warns of files that cannot be used, and leaves them out. */
int access_load(const struct settings *settings, const struct place *place,
		struct reporter *reporter, struct access *access, struct error *error);
/* Overwrites the secrets and releases all. */
void access_forget(struct access *access);

/* Finds user and password for a place in a text of docker's format, or sets both to NULL. */
int access_parse(const char *text, size_t length, const struct place *place, char **ret_user,
		 char **ret_password, struct error *error);

/* How a registry sends for a token: the challenge of a 401. */

enum { TOKEN_MAX = 64 << 10, TOKEN_ANSWER_MAX = 1 << 20 };

struct challenge {
	bool is_basic;
	char *realm;           /* of Bearer: a URL, http or https */
	char *service, *scope; /* NULL: not said */
};

/* False for a challenge that nobody understands. Release in any case. */
bool challenge_parse(const char *header, struct challenge *ret_challenge);
void challenge_free(struct challenge *challenge);

/* The URL to get a token from, owned by the caller. */
char *challenge_url(const struct challenge *challenge, const char *scope);

/* The token in the service's answer, owned by the caller; NULL: there is none that can be used. */
char *token_parse(const char *text, size_t length);
