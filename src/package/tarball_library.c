/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "package/tarball_library.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/library.h"

/* The name of its interface since libarchive 3.0. */
static const char *const names[] = {"libarchive.so.13", NULL};

/* The one thing that is set once and for all: there are no two libraries of that name. */
static struct libarchive functions;
static bool is_loaded;

#define LIBARCHIVE_SYMBOL(name) {#name, offsetof(struct libarchive, name)},
static const struct library_symbol symbols[] = {LIBARCHIVE_FUNCTIONS(LIBARCHIVE_SYMBOL)};

int libarchive_load(struct error *error)
{
	if (is_loaded)
		return 0;
	const char *reason = library_load(names, symbols, sizeof(symbols) / sizeof(*symbols),
					  &functions);

	if (reason) {
		(void)error_set(error, -ELIBACC, EXIT_INSTALL, "Tarballs need libarchive: %s",
				reason);
		return error_hint(error, "Install your distribution's package of libarchive.");
	}
	is_loaded = true;
	return 0;
}

const struct libarchive *libarchive(void)
{
	return &functions;
}
