/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of strangers as text: well-formed UTF-8 (RFC 3629), and what a terminal may be shown. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* The length of the character at the start of so many bytes, and what it is; 0: there is none. */
size_t utf8_character(const char *bytes, size_t length, unsigned int *ret_character);

/* True if the bytes are the beginning of one character, whose end is missing. */
bool utf8_is_begun(const char *bytes, size_t length);

/*
 * A copy of text, owned by the caller, with U+FFFD in place of each byte that is no well-formed
 * UTF-8. Formats such as JSON allow nothing else.
 */
char *utf8_repaired(const char *text);

/*
 * Filters text of strangers on its way to a terminal. Replaces by "?" whatever a terminal could
 * take for a command, or shows in another order. These are C0 controls except tab and newline, DEL,
 * C1 controls (as characters and as raw bytes), bidirectional controls, and line and paragraph
 * separators. Bytes that are not well-formed UTF-8 are replaced, too.
 */
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
