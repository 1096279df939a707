/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repeats a request until its answer is final. It adds the credentials that the registry asks
 * for, and pauses where the registry is overloaded or the connection broke.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "remote/http.h"

struct conversation {
	struct http *http;
	const struct place *place;
	const struct access *access;
	char *token;   /* NULL: none yet */
	bool is_basic; /* the registry asked for user and password */
};

/* The purpose of a request. */
struct errand {
	const char *repository; /* NULL: none */
	bool writes;
	int patience;     /* milliseconds until it is not tried again */
	const char *what; /* for messages: "PLACE has no WHAT." */
};

int conversation_open(struct conversation *conversation, const struct place *place,
		      const struct access *access, struct error *error);
void conversation_close(struct conversation *conversation);

/* 0: the answer is 2xx. -ENOENT for 404, -EHOSTUNREACH for the others. */
int converse(struct conversation *conversation, const struct http_request *request,
	     const struct errand *errand, struct http_answer *ret_answer, struct error *error);
