/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *pointer)
{
	if (!pointer) {
		(void)fputs("dkms: out of memory\n", stderr);
		abort();
	}
	return pointer;
}

void *xcalloc(size_t count, size_t size)
{
	return check(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *array, size_t count, size_t size)
{
	return check(reallocarray(array, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text)
{
	return check(strdup(text));
}

char *xstrndup(const char *text, size_t length)
{
	return check(strndup(text, length));
}
