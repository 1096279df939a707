/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocation that cannot fail. Running out of memory ends the process with abort(). Every change of
 * dkms is journalled, so dying is safe at any instant. No caller has to handle it.
 */
#pragma once

#include <stddef.h>

void *xcalloc(size_t count, size_t size);
/* Grows or shrinks an array; new elements are not initialised. See ARRAY_ADD(). */
void *xreallocarray(void *array, size_t count, size_t size);
char *xstrdup(const char *text);
/* Duplicates at most length bytes and terminates the copy. */
char *xstrndup(const char *text, size_t length);

#define NEW(type) ((type *)xcalloc(1, sizeof(type)))

/*
 * Adds an element to an owned array and returns its address. The element is not initialised. Both
 * arguments are evaluated several times.
 *
 *	*ARRAY_ADD(list->items, list->count) = (struct item){…};
 */
#define ARRAY_ADD(array, count) \
	((array) = xreallocarray((array), (count) + 1, sizeof(*(array))), &(array)[(count)++])
