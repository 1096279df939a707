/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "package/tarball_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The name of its interface since libarchive 3.0. */
#define SONAME "libarchive.so.13"

/* The one thing that is set once and for all: there are no two libraries of that name. */
static struct libarchive functions;
static bool is_loaded;

#define LIBARCHIVE_PLACE(name) {#name, offsetof(struct libarchive, name)},
static const struct {
	const char *symbol;
	size_t offset;
} places[] = {LIBARCHIVE_FUNCTIONS(LIBARCHIVE_PLACE)};

static int cannot_load(struct error *error)
{
	const char *reason = dlerror();

	(void)error_set(error, -ELIBACC, EXIT_INSTALL, "Tarballs need libarchive: %s",
			reason ? reason : SONAME " cannot be loaded");
	return error_hint(error, "Install your distribution's package of libarchive.");
}

int libarchive_load(struct error *error)
{
	if (is_loaded)
		return 0;
	void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return cannot_load(error);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		void *function = dlsym(library, places[i].symbol);

		if (!function)
			return cannot_load(error);
		memcpy((char *)&functions + places[i].offset, &function, sizeof(function));
	}
	is_loaded = true;
	return 0;
}

const struct libarchive *libarchive(void)
{
	return &functions;
}
