/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a build came from that another machine made: .pulled.json beside its manifest, in the cache
 * and in M/V/K/A, where the link .pulled has the host as its target.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "base/strv.h"

#define PULLED_NAME ".pulled.json"

struct pulled {
	char *remote; /* as the setting names it */
	char *tag;
	char *digest;    /* "sha256:…": of its manifest at the remote */
	char *publisher; /* who signed it, for people */
	char *key_id;
	struct strv verified; /* what was found to be true, for people */
};

void pulled_free(struct pulled *pulled);
DEFINE_CLEANUP(struct pulled *, pulled_free)

/* PULLED_NAME in the directory. -ENOENT if it has none. Written unsynced. */
int pulled_write(const char *directory, const struct pulled *pulled, struct error *error);
int pulled_read(const char *directory, struct pulled **ret_pulled, struct error *error);
