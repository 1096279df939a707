/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Regular expressions that a dkms.conf brings along. The C library compiles and matches them
 * recursively and without limits, so that a hostile one crashes or never ends: a worker
 * (cage/worker.h) does it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct pattern_question {
	char *directive; /* "MAKE_MATCH[1]", for messages; owned */
	char *pattern;   /* an ERE, unanchored; owned */
	char *text;      /* owned */
	bool matches;    /* the answer */
	char *malformed; /* NULL, or why the pattern is malformed; owned */
};

/* Start with {0}. */
struct pattern_questions {
	struct pattern_question *items;
	size_t count;
	const char *owner; /* whose patterns, for messages: the path of a dkms.conf, a module */
};

/* Adds a question unless the pattern is NULL or "". Copies. */
void patterns_add(struct pattern_questions *questions, const char *directive, const char *pattern,
		  const char *text);

/* Answers all of them; without any no worker is started. EXIT_BAD_CONF if they crash it. */
int patterns_answer(struct pattern_questions *questions, struct error *error);

/* The question with that directive and pattern, or NULL. */
const struct pattern_question *patterns_find(const struct pattern_questions *questions,
					     const char *directive, const char *pattern);

/* Releases what it holds; serves as cleanup(patterns_free). */
void patterns_free(struct pattern_questions *questions);
