/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the generator share: chance, counting, and words as the grammar's terminals. */
#pragma once

#include <stdbool.h>

#include "generate.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

/* The one file being made. */
struct generator {
	uint64_t random;
	struct buffer *out;
	unsigned depth, loops, functions;
	unsigned statements; /* left */
};

extern struct generator state;

void count(const char *construct);
/* A number below limit. */
unsigned pick(unsigned limit);
bool chance(unsigned percent);
void put(const char *text);

#define PUT_ONE(...)                                             \
	do {                                                     \
		static const char *const all_[] = {__VA_ARGS__}; \
		put(all_[pick(COUNT_OF(all_))]);                 \
	} while (0)

/* A variable to assign to. */
void target_name(void);
void word(void);
void double_quoted(void);
void pattern(void);
/* Between the brackets of an assignment. */
void subscript(void);
void arithmetic(void);
