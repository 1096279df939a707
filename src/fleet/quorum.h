/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trust_quorum: so many publishers must have built the same modules, bit for bit. */
#pragma once

#include <stddef.h>

#include "fleet/asked.h"

/* What one publisher says of its build. Paths are below the caller's directory. */
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

/* How many have built what this one has, itself included; and whether a manifest is of the same. */
size_t votes_agreeing(const struct votes *votes, const struct vote *vote);
bool vote_is_for(const struct vote *vote, const struct manifest *manifest);

/* The vote that most agree with, and how many do; NULL without any. */
const struct vote *votes_winner(const struct votes *votes, size_t *ret_agreeing);

/*
 * Whether enough agree with the winner. Those that differ are named: in a warning if it is decided
 * all the same, else in the error (-EACCES, EXIT_NOT_TRUSTED).
 */
int votes_decide(const struct votes *votes, const struct asked *asked, size_t quorum,
		 const struct vote **ret_winner, struct error *error);
