/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/curl_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The name of its interface since 2006; Debian also has one with GnuTLS. */
static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

/* The one thing that is set once and for all: there are no two libraries of that name. */
static struct libcurl functions;
static bool is_loaded;

#define LIBCURL_PLACE(name) {#name, offsetof(struct libcurl, name)},
static const struct {
	const char *symbol;
	size_t offset;
} places[] = {LIBCURL_FUNCTIONS(LIBCURL_PLACE)};

static int cannot_load(struct error *error)
{
	const char *reason = dlerror();

	(void)error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE, "Registries need libcurl: %s",
			reason ? reason : "libcurl.so.4 cannot be loaded");
	return error_hint(error, "Install your distribution's package of libcurl.");
}

int libcurl_load(struct error *error)
{
	void *library = NULL;

	if (is_loaded)
		return 0;
	for (size_t i = 0; !library && i < sizeof(names) / sizeof(*names); i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return cannot_load(error);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		void *function = dlsym(library, places[i].symbol);

		if (!function)
			return cannot_load(error);
		memcpy((char *)&functions + places[i].offset, &function, sizeof(function));
	}
	if (functions.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE, "libcurl does not start.");
	is_loaded = true;
	return 0;
}

const struct libcurl *libcurl(void)
{
	return &functions;
}
