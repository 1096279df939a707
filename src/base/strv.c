/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/strv.h"

#include <stdarg.h>
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
