/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many bytes of a transfer have come or gone, and how fast, for who watches: a line in a
 * glimpse (base/glimpse.h), which the talking child writes and its parent shows.
 */
#pragma once

#include <stdint.h>

#include "base/glimpse.h"
#include "base/report.h"

struct traffic {
	struct glimpse *glimpse; /* NULL: nobody watches, and nothing is counted */
	struct reporter
		*reporter; /* tells it from here, too; NULL: somebody else reads the glimpse */
	uint64_t total;    /* bytes of all that is to go */
	uint64_t before;   /* of the blobs that have gone */
	uint64_t earlier;  /* of those that went before this traffic began */
	int64_t begun, told;
};

/* earlier: bytes of the total that have gone already. */
void traffic_begin(struct traffic *traffic, struct glimpse *glimpse, uint64_t total,
		   uint64_t earlier);
/* So many bytes of the blob under way have gone. traffic may be NULL for all of these. */
void traffic_now(struct traffic *traffic, uint64_t bytes);
/* A blob of this size has gone … */
void traffic_next(struct traffic *traffic, uint64_t size);
/* … or need not go. */
void traffic_skip(struct traffic *traffic, uint64_t size);
