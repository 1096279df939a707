/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of strangers on its way to a terminal. Anything that a terminal could take for a command, or
 * that shows a text in another order than it has, is replaced by "?": C0 controls except tab and
 * newline, DEL, C1 controls (as characters and as raw bytes), bidirectional controls, line and
 * paragraph separators, and each byte that is not part of well-formed UTF-8.
 */
#pragma once

#include <stddef.h>

#include "base/text.h"

/* A filtered copy of a whole text, owned by the caller. */
char *terminal_text(const char *text);

/* A text that arrives in pieces: a character may be cut between two of them. Start with {0}. */
struct terminal_filter {
	char begun[4];
	size_t length;
};

/* Adds the filtered piece to shown, without a character that the next piece may complete. */
void terminal_filter_add(struct terminal_filter *filter, const char *piece, size_t length,
			 struct buffer *shown);
/* Ends the text: adds what was begun and never completed. */
void terminal_filter_end(struct terminal_filter *filter, struct buffer *shown);

/* True for a character (a code point) that is replaced. */
bool terminal_is_control(unsigned int character);
