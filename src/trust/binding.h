/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a publisher's builds may be: NAME.conf beside its certificate, lines of NAME=VALUE and of
 * comments, no shell.
 *
 *	modules="nvidia* zfs"		patterns of module names; without: all
 *	remotes="https://example/dkms"	remotes, or what they begin with; without: all
 *	revoked=yes			none any more
 */
#pragma once

#include <stdbool.h>

#include "base/strv.h"

struct trust_binding {
	struct strv modules, remotes;
	bool bound_modules, bound_remotes; /* the lists count; empty, nothing may */
	bool revoked;
};

/* False, with *ret_offence a phrase owned by the caller, for a text that makes no sense. */
bool binding_parse(const char *text, struct trust_binding *ret_binding, char **ret_offence);
void binding_free(struct trust_binding *binding);

bool binding_allows(const struct trust_binding *binding, const char *module, const char *remote);
