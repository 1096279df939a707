/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads libcurl when there is a registry to talk to, in the child that talks: with TLS and all that
 * it brings along, loading takes longer than the rest of a status.
 */
#pragma once

#define CURL_DISABLE_TYPECHECK /* its macros have no place for a pointer to a function */
#include <curl/curl.h>

#include "base/error.h"

/* What is used of it. */
/* clang-format off */
#define LIBCURL_FUNCTIONS(of) \
	of(curl_easy_cleanup) \
	of(curl_easy_getinfo) \
	of(curl_easy_init) \
	of(curl_easy_perform) \
	of(curl_easy_reset) \
	of(curl_easy_setopt) \
	of(curl_easy_strerror) \
	of(curl_global_init) \
	of(curl_slist_append) \
	of(curl_slist_free_all)
/* clang-format on */

#define LIBCURL_MEMBER(name) typeof(name) *name;
struct libcurl {
	LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
};
#undef LIBCURL_MEMBER

/* EXIT_UNREACHABLE if this system does not have it. To be called first. */
int libcurl_load(struct error *error);
const struct libcurl *libcurl(void);
