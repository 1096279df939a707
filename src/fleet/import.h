/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Brings a build of a remote into the cache, and finds it there again. */
#pragma once

#include "fleet/asked.h"
#include "remote/remote.h"
#include "reuse/manifest.h"

/* The directory of one import, in the cache; gone with import_close(). Start with {0}. */
struct import {
	const struct asked *asked;
	struct remote_session *session;
	char *path;
	struct staging *staging;
};

int import_open(const struct asked *asked, struct remote_session *session,
		struct import *ret_import, struct error *error);
void import_close(struct import *import);

/*
 * Fetches only config and signature, and adds their vote. key_id: the publisher whose tag is asked
 * for. A build that another publisher signed has no vote there.
 */
int import_vote(struct import *import, const char *remote, const char *key_id, struct votes *votes,
		struct error *error);

/*
 * Fetches the whole build. tag: asked's, or a publisher's. like: the vote whose modules it must
 * have, or NULL. The votes that agree are kept along with it.
 */
int import_build(struct import *import, const char *remote, const char *tag,
		 const struct vote *like, const struct votes *votes,
		 struct reuse_candidate **ret_candidate, struct error *error);

/* Finds an entry of the cache that is still believed; NULL: none. */
struct reuse_candidate *import_find(const struct asked *asked, size_t quorum);
