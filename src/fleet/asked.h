/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to publishers, checks of their answers, and votes of several publishers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fingerprint/inputs.h"
#include "fleet/fleet.h"
#include "trust/trust.h"

struct asked {
	const struct fleet_request *request;
	struct reuse_context *context;
	struct trust *trust;
	struct build_inputs inputs; /* of the source here */
	bool by_name;               /* there is no source here: a build of any source will do */
	char *kernel_build;
	char *tag;
};

/* Start with {0}; release with asked_close() in any case. */
int asked_open(const struct fleet_request *request, struct reuse_context *context,
	       struct asked *asked, struct error *error);
void asked_close(struct asked *asked);

/* An answer that was checked. Start with {0}. */
struct belief {
	struct manifest *manifest;
	struct publisher publisher;
	bool checked_imports; /* with this kernel's headers */
};

void belief_free(struct belief *belief);

/*
 * Checks the signature, then the manifest. -EACCES (EXIT_NOT_TRUSTED) with the reason. config and
 * signature are paths.
 */
int asked_believe(const struct asked *asked, const char *remote, const char *config,
		  const char *signature, struct belief *ret_belief, struct error *error);

/*
 * trust_quorum: so many publishers must have built the same modules, bit for bit.
 */

/* The build of one publisher. Paths are below the caller's directory. */
struct vote {
	struct belief belief;
	char *remote;
	char *config, *signature;
	char *modules; /* names and digests of all modules, to compare */
};

struct votes {
	struct vote *items;
	size_t count;
};

void votes_free(struct votes *votes);

/* Takes the belief. One publisher has one vote: a further one is released. */
void votes_add(struct votes *votes, struct belief *belief, const char *remote, const char *config,
	       const char *signature);
bool votes_has(const struct votes *votes, const char *key_id);

/* How many have built the same modules, this vote included. */
size_t votes_agreeing(const struct votes *votes, const struct vote *vote);
/* Whether a manifest is of the same modules. */
bool vote_is_for(const struct vote *vote, const struct manifest *manifest);

/* The vote that most agree with, and how many do; NULL without any. */
const struct vote *votes_winner(const struct votes *votes, size_t *ret_agreeing);

/*
 * Decides whether enough agree with the winner. Names those that differ: in a warning if enough
 * agree, else in the error (-EACCES, EXIT_NOT_TRUSTED).
 */
int votes_decide(const struct votes *votes, const struct asked *asked, size_t quorum,
		 const struct vote **ret_winner, struct error *error);
