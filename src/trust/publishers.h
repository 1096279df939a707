/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of /etc/dkms/trusted.d: certificates and lists as they are, not yet parsed, and the
 * bounds of each publisher.
 *
 * The bounds of NAME.crt are in NAME.conf beside it: lines of NAME=VALUE and of comments, no shell.
 *
 *	modules="nvidia* zfs"		patterns of module names; without: all
 *	remotes="https://example/dkms"	remotes, or what they begin with; without: all
 *	revoked=yes			none any more
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "model/settings.h"

struct trust_binding {
	struct strv modules, remotes;
	bool bound_modules, bound_remotes; /* the list counts, even if it is empty */
	bool revoked;
};

/* False for a senseless text; *ret_offence is then a phrase, owned by the caller. */
bool binding_parse(const char *text, struct trust_binding *ret_binding, char **ret_offence);
void binding_free(struct trust_binding *binding);

bool binding_allows(const struct trust_binding *binding, const char *module, const char *remote);

struct trust_file {
	char *path;
	char *data;
	size_t length;
	struct trust_binding binding; /* of a certificate */
};

struct trust_files {
	struct trust_file *items;
	size_t count;
};

struct trust {
	char *directory;
	struct trust_files certificates, lists;
};

/* EXIT_NOT_TRUSTED if others may write to the directory, or to one above it. */
int publishers_read(const struct settings *settings, struct trust *trust, struct reporter *reporter,
		    struct error *error);
void trust_files_free(struct trust_files *files);
