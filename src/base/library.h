/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading a shared library when it is needed, for those that would slow every start down.
 *
 *	static struct foo functions;
 *	static const struct library_symbol symbols[] = {
 *		{"foo_open", offsetof(struct foo, foo_open)},
 *	};
 *	reason = library_load(names, symbols, 1, &functions);
 */
#pragma once

#include <stddef.h>

/* A function of the library, and where its address goes in the caller's struct. */
struct library_symbol {
	const char *name;
	size_t offset;
};

/*
 * Loads the first of these libraries that there is (a list that NULL ends), and fills the struct.
 * It stays loaded. NULL, or why it cannot be loaded: a text that lasts until the next call.
 */
const char *library_load(const char *const *names, const struct library_symbol *symbols,
			 size_t count, void *functions);
