/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings: predicates, formatting, and a growing buffer. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* NULL or "". */
static inline bool text_empty(const char *text)
{
	return !text || !*text;
}

bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

/* Formats into a new string, owned by the caller. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_vformat(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/* Puts the pieces (up to the final NULL) one after the other into target. False: they do not fit.
 */
bool text_put(char *target, size_t size, const char *first, ...) __attribute__((sentinel));

/* A copy without leading and trailing blanks, tabs, newlines and carriage returns. */
char *text_trimmed(const char *text);

/* A copy of at most limit bytes that is safe to show on a terminal: without control characters. */
char *text_printable(const char *text, size_t limit);

/* A copy with every `old` replaced by `new`, owned by the caller. An empty `old` is nowhere. */
char *text_replaced(const char *text, const char *old, const char *new);

/* A size for people: "0 KiB", "53 KiB", "1.5 MiB", "1 GiB"; owned by the caller. */
char *text_size(uint64_t bytes);

/* Frees *target and puts a copy of value (or NULL) there. */
void text_assign(char **target, const char *value);

/*
 * A growing buffer. Start with {0}; data is NULL until something is added, NUL-terminated after,
 * and may hold NUL bytes. Hand over with buffer_take(), release with buffer_free().
 */
struct buffer {
	char *data;
	size_t length;
	size_t capacity;
};

/* Makes room for exactly so many bytes in all, if there is less. */
void buffer_reserve(struct buffer *buffer, size_t size);
void buffer_add(struct buffer *buffer, const void *data, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_add_format(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Never NULL: an empty buffer gives "". The buffer is empty afterwards. */
char *buffer_take(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

/* Any text in single quotes for a shell; owned. */
char *text_shell_quoted(const char *text);

/*
 * How many letters must be added, taken away, replaced or swapped with their neighbour to make one
 * word of the other, whatever their case. A word of 40 letters or more is far from everything.
 */
size_t text_distance(const char *a, const char *b);

/*
 * The nearest of a NULL-terminated list: at most two letters from a name that is longer than six,
 * one from a shorter name. NULL: none is as near.
 */
const char *nearest_name(const char *typed, const char *const *names);

/* The value of a field, owned by the caller; NULL: not known. */
typedef char *template_value(const void *context, const char *field);

/*
 * The text with every {field} replaced, owned by the caller; NULL as soon as one is not known. A
 * field is letters and "_" between braces; any other brace is text.
 */
char *template_fill(const char *text, template_value *value, const void *context);

/*
 * Order of version strings, as strcmp(): each run of digits is compared as a number of any length,
 * the rest as text. "5.9" < "5.10".
 */
int version_compare(const char *a, const char *b);
