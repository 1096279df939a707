/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last line that a program printed, for somebody who watches: in memory that a process shares
 * with those it forks. Only a look at it: who reads while another writes may see parts of both.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { GLIMPSE_SIZE = 256 };

struct glimpse {
	unsigned char is_live; /* what the line says is true now, and worth showing at once */
	char line[GLIMPSE_SIZE];
};

/* NULL if there is no memory to share: then nobody sees anything. */
struct glimpse *glimpse_new(void);
void glimpse_free(struct glimpse *glimpse);

/* A piece of output: its last whole line that is not blank is kept. glimpse may be NULL. */
void glimpse_take(struct glimpse *glimpse, const char *piece, size_t length);

/* How far something is: shown at once, until this is told "" or a piece is taken. */
void glimpse_tell(struct glimpse *glimpse, const char *text);
bool glimpse_is_live(const struct glimpse *glimpse);

/* The line without control characters, owned by the caller; NULL: there is none. */
char *glimpse_read(const struct glimpse *glimpse);
