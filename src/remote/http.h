/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One HTTP request and its answer, by libcurl: TLS, proxies, redirects. Runs in the talking child
 * alone. A redirect is followed for GET and HEAD only, to http and https only, and never from
 * https to http. Credentials do not follow to another host or port.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "remote/access_json.h"
#include "remote/place.h"
#include "remote/store.h"

enum http_credentials { HTTP_ANONYMOUS, HTTP_BASIC, HTTP_BEARER };

struct http_request {
	const char *method; /* GET, HEAD, POST, PUT, DELETE */
	const char *url;
	const char *accept, *content_type; /* NULL: none */
	enum http_credentials credentials;
	const char *token; /* for HTTP_BEARER */
	/* The body: length bytes of text, or of a file. */
	const char *text;
	int fd; /* 0: none, where text is NULL */
	uint64_t length;
	struct traffic *traffic; /* counts the bytes sent; NULL: nobody does */
	/* Takes the body of an answer 2xx. Bodies of other answers are ignored. */
	const struct sink *sink;
	uint64_t limit;   /* of its bytes */
	int milliseconds; /* for the whole; 0: as long as bytes come */
};

struct http_answer {
	long status;
	char *type, *location, *challenge, *link; /* headers; NULL: not there */
	long retry_after;                         /* seconds; 0: not said */
	bool is_final; /* there was none, and asking again would not change that */
};

struct http;

/* EXIT_UNREACHABLE without libcurl. place and access must outlive it. */
int http_open(const struct place *place, const struct access *access, struct http **ret_http,
	      struct error *error);
void http_close(struct http *http);
DEFINE_CLEANUP(struct http *, http_close)

/*
 * 0: there is an answer, of whatever status. -EHOSTUNREACH, EXIT_UNREACHABLE: there is none,
 * or it was cut short. An error of the sink is returned as it is. Release the answer in any case.
 */
int http_perform(struct http *http, const struct http_request *request,
		 struct http_answer *ret_answer, struct error *error);
void http_answer_free(struct http_answer *answer);
