/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/curl_library.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/library.h"

/* The name of its interface since 2006; Debian also has one with GnuTLS. */
static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};

/* The one thing that is set once and for all: there are no two libraries of that name. */
static struct libcurl functions;
static bool is_loaded;

#define LIBCURL_SYMBOL(name) {#name, offsetof(struct libcurl, name)},
static const struct library_symbol symbols[] = {LIBCURL_FUNCTIONS(LIBCURL_SYMBOL)};

int libcurl_load(struct error *error)
{
	if (is_loaded)
		return 0;
	const char *reason = library_load(names, symbols, sizeof(symbols) / sizeof(*symbols),
					  &functions);

	if (reason) {
		(void)error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE,
				"Registries need libcurl: %s", reason);
		return error_hint(error, "Install your distribution's package of libcurl.");
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
