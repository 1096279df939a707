/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/strv.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

void strv_add_owned(struct strv *vector, char *text)
{
	if (vector->count + 2 > vector->capacity) {
		vector->capacity = vector->capacity ? vector->capacity * 2 : 8;
		vector->items = xreallocarray(vector->items, vector->capacity, sizeof(char *));
	}
	vector->items[vector->count++] = text;
	vector->items[vector->count] = NULL;
}

void strv_add(struct strv *vector, const char *text)
{
	strv_add_owned(vector, xstrdup(text));
}

void strv_add_format(struct strv *vector, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	strv_add_owned(vector, text_vformat(format, arguments));
	va_end(arguments);
}

void strv_add_all(struct strv *vector, const struct strv *other)
{
	for (size_t i = 0; i < other->count; i++)
		strv_add(vector, other->items[i]);
}

bool strv_contains(const struct strv *vector, const char *text)
{
	for (size_t i = 0; i < vector->count; i++)
		if (strcmp(vector->items[i], text) == 0)
			return true;
	return false;
}

void strv_remove(struct strv *vector, const char *text)
{
	size_t kept = 0;

	for (size_t i = 0; i < vector->count; i++) {
		if (strcmp(vector->items[i], text) == 0)
			free(vector->items[i]);
		else
			vector->items[kept++] = vector->items[i];
	}
	vector->count = kept;
	if (vector->items)
		vector->items[kept] = NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *vector)
{
	if (vector->count > 1)
		qsort(vector->items, vector->count, sizeof(char *), compare);
}

void strv_split(struct strv *vector, const char *text, const char *separators)
{
	while (*(text += strspn(text, separators))) {
		size_t length = strcspn(text, separators);

		strv_add_owned(vector, xstrndup(text, length));
		text += length;
	}
}

char *strv_join(const struct strv *vector, const char *separator)
{
	struct buffer joined = {0};

	for (size_t i = 0; i < vector->count; i++) {
		if (i)
			buffer_add_text(&joined, separator);
		buffer_add_text(&joined, vector->items[i]);
	}
	return buffer_take(&joined);
}

char *const *strv_argv(const struct strv *vector)
{
	static char *const none[] = {NULL};

	return vector->items ? vector->items : none;
}

void strv_free(struct strv *vector)
{
	for (size_t i = 0; i < vector->count; i++)
		free(vector->items[i]);
	free(vector->items);
	*vector = (struct strv){0};
}

/* FNV-1a, 64 bits. */
static uint64_t hash(const char *key)
{
	uint64_t value = 14695981039346656037ULL;

	for (; *key; key++)
		value = (value ^ (unsigned char)*key) * 1099511628211ULL;
	return value;
}

/*
 * The slot that holds the key, or the free one where it belongs. Removed entries keep their slot,
 * so that probing goes on past them. There is always a free slot.
 */
static size_t find_slot(const struct strmap *map, const char *key)
{
	size_t slot = hash(key) % map->slot_count;

	while (map->slots[slot]) {
		const struct strmap_entry *entry = &map->entries[map->slots[slot] - 1];

		if (entry->key && strcmp(entry->key, key) == 0)
			break;
		slot = (slot + 1) % map->slot_count;
	}
	return slot;
}

/* Makes room for so many more entries, and for twice as many as there are. */
static void grow(struct strmap *map, size_t more)
{
	size_t kept = 0;

	for (size_t i = 0; i < map->count; i++)
		if (map->entries[i].key)
			map->entries[kept++] = map->entries[i];
	map->count = kept;
	map->capacity = kept + (more > kept ? more : kept);
	if (map->capacity < 16)
		map->capacity = 16;
	map->entries = xreallocarray(map->entries, map->capacity, sizeof(*map->entries));
	free(map->slots);
	map->slot_count = map->capacity * 2 + 1;
	map->slots = xcalloc(map->slot_count, sizeof(*map->slots));
	for (size_t i = 0; i < kept; i++)
		map->slots[find_slot(map, map->entries[i].key)] = i + 1;
}

void strmap_reserve(struct strmap *map, size_t count)
{
	if (map->capacity - map->count < count)
		grow(map, count);
}

void *strmap_get(const struct strmap *map, const char *key)
{
	if (!map->slot_count)
		return NULL;
	size_t slot = find_slot(map, key);

	return map->slots[slot] ? map->entries[map->slots[slot] - 1].value : NULL;
}

void *strmap_set(struct strmap *map, const char *key, void *value)
{
	if (map->count == map->capacity)
		grow(map, 1);
	size_t slot = find_slot(map, key);

	if (map->slots[slot]) {
		struct strmap_entry *entry = &map->entries[map->slots[slot] - 1];
		void *old = entry->value;

		entry->value = value;
		return old;
	}
	map->entries[map->count] = (struct strmap_entry){
		map->borrows_keys ? (char *)key : xstrdup(key), value};
	map->slots[slot] = ++map->count;
	return NULL;
}

void *strmap_remove(struct strmap *map, const char *key)
{
	if (!map->slot_count)
		return NULL;
	size_t slot = find_slot(map, key);

	if (!map->slots[slot])
		return NULL;
	struct strmap_entry *entry = &map->entries[map->slots[slot] - 1];
	void *old = entry->value;

	if (!map->borrows_keys)
		free(entry->key);
	*entry = (struct strmap_entry){NULL, NULL};
	return old;
}

void strmap_free(struct strmap *map, void (*release)(void *value))
{
	for (size_t i = 0; i < map->count; i++) {
		if (map->entries[i].key && release)
			release(map->entries[i].value);
		if (!map->borrows_keys)
			free(map->entries[i].key);
	}
	free(map->entries);
	free(map->slots);
	*map = (struct strmap){.borrows_keys = map->borrows_keys};
}
