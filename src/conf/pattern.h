/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell patterns as bash matches them with extglob on: * ? [ ] with ranges and [:classes:],
 * ?( ) *( ) +( ) @( ) !( ), a backslash quotes. Bytes are characters; ranges go by byte value.
 * Source: the bash reference manual, "Pattern Matching".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum pattern_result {
	PATTERN_NO,
	PATTERN_YES,
	PATTERN_UNSURE, /* something that is left to bash, or too much work */
};

/* Whether pattern matches all of text[0..length). */
enum pattern_result pattern_match(const char *pattern, const char *text, size_t length);
