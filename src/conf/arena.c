/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { CHUNK_SIZE = 16 * 1024 };

struct arena_chunk {
	struct arena_chunk *previous;
	size_t size, used;
	alignas(max_align_t) char data[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->last;

	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!chunk || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		chunk = xcalloc(1, sizeof(*chunk) + room);
		chunk->size = room;
		chunk->previous = arena->last;
		arena->last = chunk;
	}
	void *memory = chunk->data + chunk->used;

	chunk->used += size;
	arena->used += size;
	return memory;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

void arena_free(struct arena *arena)
{
	while (arena->last) {
		struct arena_chunk *previous = arena->last->previous;

		free(arena->last);
		arena->last = previous;
	}
	arena->used = 0;
}
