/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a confined worker (cage/worker.h) answers: a sequence of typed values. The worker puts them,
 * its parent takes them in the same order. Nothing in an answer is trusted: each value is taken
 * with its type and the size that it may have, and one that does not fit is -EPROTO.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct answer {
	struct buffer bytes;
	size_t position; /* of the next value to take */
};

void answer_put_number(struct answer *answer, uint64_t number);
/* NULL is a value, too. */
void answer_put_text(struct answer *answer, const char *text);
void answer_put_bytes(struct answer *answer, const void *bytes, size_t length);

/* The next value must be of this type. Return 0 or -EPROTO. */
int answer_number(struct answer *answer, uint64_t *ret_number);
/* Owned by the caller, without NUL bytes, NULL where NULL was put; limit in bytes. */
int answer_text(struct answer *answer, char **ret_text, size_t limit);
/* Owned by the caller, with a NUL byte behind the last. */
int answer_bytes(struct answer *answer, char **ret_bytes, size_t *ret_length, size_t limit);
/* Nothing is left. */
int answer_end(const struct answer *answer);

/* Releases what it holds and leaves it empty; serves as cleanup(answer_free). */
void answer_free(struct answer *answer);
