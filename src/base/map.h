/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash map from strings to pointers. Start with {0}, or {.borrows_keys = true} where the keys
 * outlive the map: otherwise they are copied. Values belong to the caller unless a release function
 * is given to strmap_free(). Iteration is in insertion order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct strmap_entry {
	char *key; /* NULL: removed */
	void *value;
};

struct strmap {
	struct strmap_entry *entries; /* in insertion order, with holes */
	size_t count;                 /* used entries, holes included */
	size_t capacity;
	size_t *slots; /* open addressing; 0: free, else entry index + 1 */
	size_t slot_count;
	bool borrows_keys;
};

#define STRMAP_FOREACH(entry, map)                                          \
	for (struct strmap_entry * (entry) = (map)->entries;                \
	     (entry) && (entry) < (map)->entries + (map)->count; (entry)++) \
		if ((entry)->key)

/* The value, or NULL. */
void *strmap_get(const struct strmap *map, const char *key);
/* Makes room for so many more entries at once: quicker for thousands, otherwise without effect. */
void strmap_reserve(struct strmap *map, size_t count);
/* Sets the value and returns the one it replaces, or NULL. */
void *strmap_set(struct strmap *map, const char *key, void *value);
/* Removes the key and returns its value, or NULL. */
void *strmap_remove(struct strmap *map, const char *key);
void strmap_free(struct strmap *map, void (*release)(void *value));
