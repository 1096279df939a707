/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What opens a registry to this machine, as the administrator laid it down:
 *
 * - /etc/dkms/registry-auth.json in docker's format, closed to others. $REGISTRY_AUTH_FILE names
 *   another file.
 * - /etc/dkms/certs.d/HOST[:PORT]/ with ca.crt, client.cert and client.key, as docker has them.
 *
 * A confined worker reads the first, and answers with what is for the one registry.
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

/* Once. What cannot be used is warned of and left out. */
int access_load(const struct settings *settings, const struct place *place,
		struct reporter *reporter, struct access *access, struct error *error);
/* Overwrites the secrets and releases all. */
void access_forget(struct access *access);

/* The user and password for a place in docker's format; both NULL: there are none. In a worker. */
int access_parse(const char *text, size_t length, const struct place *place, char **ret_user,
		 char **ret_password, struct error *error);
