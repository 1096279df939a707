/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Well-formed UTF-8 (RFC 3629) in bytes that may be anything. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The length of the character at the start of so many bytes, and what it is; 0: there is none. */
size_t utf8_character(const char *bytes, size_t length, unsigned int *ret_character);

/* True if the bytes are the beginning of one character, whose end is missing. */
bool utf8_is_begun(const char *bytes, size_t length);

/*
 * A copy of text, owned by the caller, in which every byte that is not part of well-formed UTF-8
 * is replaced by U+FFFD: for formats such as JSON that allow nothing else.
 */
char *utf8_repaired(const char *text);
