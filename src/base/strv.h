/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vector of owned strings. Start with {0}. items is NULL-terminated as soon as anything was
 * added, so that it can serve as an argument vector; strv_argv() serves an empty one too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct strv {
	char **items;
	size_t count;
	size_t capacity;
};

#define STRV_FOREACH(item, vector)                                                               \
	for (size_t item##_index_ = 0;                                                           \
	     item##_index_ < (vector)->count && ((item) = (vector)->items[item##_index_], true); \
	     item##_index_++)

void strv_add(struct strv *vector, const char *text);
/* Takes ownership of text. */
void strv_add_owned(struct strv *vector, char *text);
void strv_add_format(struct strv *vector, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void strv_add_all(struct strv *vector, const struct strv *other);
bool strv_contains(const struct strv *vector, const char *text);
/* Removes every item equal to text. */
void strv_remove(struct strv *vector, const char *text);
/* Byte order. */
void strv_sort(struct strv *vector);
/* Appends the pieces of text between runs of the characters in separators; no empty pieces. */
void strv_split(struct strv *vector, const char *text, const char *separators);
/* Joined with separator in between, owned by the caller; "" for an empty vector. */
char *strv_join(const struct strv *vector, const char *separator);
/* NULL-terminated, valid until the vector changes. */
char *const *strv_argv(const struct strv *vector);
void strv_free(struct strv *vector);

/*
 * A hash map from strings to pointers. Start with {0}, or {.borrows_keys = true} where the keys
 * outlive the map: otherwise they are copied. Values belong to the caller unless a release function
 * is given to strmap_free(). Iteration is in insertion order.
 */
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
