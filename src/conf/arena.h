/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of one document: allocated piece by piece, released all at once. Start with {0}.
 * arena_used() tells how much it holds, for those who must stay within a limit.
 */
#pragma once

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *last;
	size_t used; /* bytes handed out */
};

/* Zeroed memory, aligned for any object. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_strdup(struct arena *arena, const char *text);
void arena_free(struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc(arena, sizeof(type)))
