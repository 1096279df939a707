/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers and texts one after the other in memory, as a file of our own holds them.
 *
 *	pack_number(&buffer, 3);
 *	pack_text(&buffer, NULL);
 *
 *	struct packed packed = {data, length};
 *	count = unpack_number(&packed, LIMIT);
 *	text = unpack_text(&packed, LIMIT);	// owned by the caller
 *	if (packed_end(&packed) < 0) …		// some of it was nonsense: believe none of it
 *
 * The reader never reads beyond the end. After the first piece of nonsense everything is 0 or NULL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strv.h"
#include "base/text.h"

void pack_number(struct buffer *buffer, uint64_t number);
/* NULL is another text than "". */
void pack_text(struct buffer *buffer, const char *text);
void pack_texts(struct buffer *buffer, const struct strv *texts);
void pack_bytes(struct buffer *buffer, const void *data, size_t length);

struct packed {
	const char *next;
	size_t left;
	bool damaged;
};

/* A number above limit is nonsense. */
uint64_t unpack_number(struct packed *packed, uint64_t limit);
/* Owned by the caller. A text longer than limit, or with a NUL in it, is nonsense. */
char *unpack_text(struct packed *packed, size_t limit);
/* The same where there must be one. */
char *unpack_required_text(struct packed *packed, size_t limit);
/* Adds at most count texts of at most limit bytes each. */
void unpack_texts(struct packed *packed, size_t count, size_t limit, struct strv *texts);
/* Points into the packed memory; empty after nonsense. */
struct packed unpack_bytes(struct packed *packed);

/* 0 if all was read and made sense, else -EBADMSG. */
int packed_end(const struct packed *packed);
