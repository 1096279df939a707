/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that answers questions about a stranger's bytes, confined as a worker (cage/worker.h)
 * is. It runs with an id that nobody else has, and without network. Where dkms can make namespaces,
 * it sees the system read-only and no process but its own. Its own small memory is in
 * COMPANION_MEMORY. Nothing that it starts outlives it, and it does not outlive dkms.
 *
 * For each question the program finds a line on its standard input, and the question in the file
 * /dev/fd/10. It writes the answer to descriptor 11, and then one line to descriptor 12, which is
 * how it went.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"

struct companion;

#define COMPANION_MEMORY "/dev/shm"

struct companion_request {
	const char *purpose; /* for messages: "evaluating /usr/src/a-1/dkms.conf" */
	char *const *argv;   /* argv[0] is looked up on PATH */
	char *const *env;
};

/* The reply to a question; release with companion_reply_free(). */
struct companion_reply {
	struct buffer answer;
	struct buffer messages; /* what was printed on stderr meanwhile */
	int status;             /* the number in the last line */
};

/* One that cannot be confined is not started. *ret is ended with companion_end(). */
int companion_start(const struct companion_request *request, struct companion **ret,
		    struct error *error);

/*
 * Asks, and waits so many seconds. A companion that dies, is not done in time or answers more
 * than limit bytes has ended, which is an error. So is a signal that asks dkms to stop
 * (interrupt_error()).
 */
int companion_ask(struct companion *companion, const void *question, size_t length,
		  unsigned int seconds, size_t limit, struct companion_reply *ret,
		  struct error *error);

void companion_reply_free(struct companion_reply *reply);
void companion_end(struct companion *companion);
DEFINE_CLEANUP(struct companion *, companion_end)
