/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a build of a remote comes into the cache, and is found there again. */
#pragma once

#include "fleet/asked.h"
#include "fleet/quorum.h"
#include "remote/remote.h"
#include "reuse/pulled.h"

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
 * Only config and signature, for a vote, which is added. key_id: whose tag is asked for; what
 * another has signed has no vote there.
 */
int import_vote(struct import *import, const char *remote, const char *key_id, struct votes *votes,
		struct error *error);

/*
 * The whole build. tag: asked's, or a publisher's. like: whose modules they must be (of votes,
 * which are kept along with it), or NULL.
 */
int import_build(struct import *import, const char *remote, const char *tag,
		 const struct vote *like, const struct votes *votes,
		 struct reuse_candidate **ret_candidate, struct error *error);

/* An entry of the cache that is still believed; NULL: none. */
struct reuse_candidate *import_find(const struct asked *asked, size_t quorum);
