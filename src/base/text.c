/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"

bool text_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text);
	size_t suffix_length = strlen(suffix);

	return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

char *text_vformat(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		text = xstrdup(format);
	return text;
}

char *text_format(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	char *text = text_vformat(format, arguments);
	va_end(arguments);
	return text;
}

bool text_put(char *target, size_t size, const char *first, ...)
{
	va_list pieces;
	bool fits = true;

	va_start(pieces, first);
	for (const char *piece = first; piece && fits; piece = va_arg(pieces, const char *)) {
		size_t length = strlen(piece);

		fits = length < size;
		if (fits) {
			memcpy(target, piece, length + 1);
			target += length;
			size -= length;
		}
	}
	va_end(pieces);
	return fits;
}

char *text_trimmed(const char *text)
{
	static const char blanks[] = " \t\r\n";
	size_t start = strspn(text, blanks);
	size_t end = strlen(text);

	while (end > start && strchr(blanks, text[end - 1]))
		end--;
	return xstrndup(text + start, end - start);
}

char *text_printable(const char *text, size_t limit)
{
	char *shown = xstrndup(text, strnlen(text, limit));

	for (char *c = shown; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = *c == '\t' ? ' ' : '?';
	return shown;
}

char *text_size(uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	size_t unit = 0;
	uint64_t begun = bytes / 1024 + (bytes % 1024 != 0); /* kibibytes */
	double size = (double)begun;

	while (size >= 1024 && unit + 1 < sizeof(units) / sizeof(*units)) {
		size /= 1024;
		unit++;
	}
	bool whole = size >= 10 || size == (double)(uint64_t)size;

	return text_format("%.*f %s", whole ? 0 : 1, size, units[unit]);
}

void text_assign(char **target, const char *value)
{
	char *copy = value ? xstrdup(value) : NULL;

	free(*target);
	*target = copy;
}

void buffer_reserve(struct buffer *buffer, size_t size)
{
	if (size < buffer->capacity)
		return;
	buffer->capacity = size + 1;
	buffer->data = xreallocarray(buffer->data, buffer->capacity, 1);
	buffer->data[buffer->length] = '\0';
}

void buffer_add(struct buffer *buffer, const void *data, size_t length)
{
	if (buffer->length + length + 1 > buffer->capacity)
		buffer_reserve(buffer, (buffer->length + length + 1) * 2 - 1);
	if (length)
		memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char c)
{
	buffer_add(buffer, &c, 1);
}

void buffer_add_format(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	char *text = text_vformat(format, arguments);
	va_end(arguments);
	buffer_add_text(buffer, text);
	free(text);
}

char *buffer_take(struct buffer *buffer)
{
	char *data = buffer->data ? buffer->data : xstrdup("");

	*buffer = (struct buffer){0};
	return data;
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}

char *text_shell_quoted(const char *text)
{
	struct buffer result = {0};

	buffer_add_char(&result, '\'');
	for (; *text; text++)
		if (*text == '\'')
			buffer_add_text(&result, "'\\''");
		else
			buffer_add_char(&result, *text);
	buffer_add_char(&result, '\'');
	return buffer_take(&result);
}

char *text_replaced(const char *text, const char *old, const char *new)
{
	struct buffer result = {0};
	const char *found;

	while (*old && (found = strstr(text, old))) {
		buffer_add(&result, text, (size_t)(found - text));
		buffer_add_text(&result, new);
		text = found + strlen(old);
	}
	buffer_add_text(&result, text);
	return buffer_take(&result);
}

/* Finds the name that a mistyped word probably stands for. */

enum { NAME_LIMIT = 40, SHORT_NAME = 6 };

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

static bool same_letter(char a, char b)
{
	return toupper((unsigned char)a) == toupper((unsigned char)b);
}

/* The restricted Damerau-Levenshtein distance. */
size_t text_distance(const char *a, const char *b)
{
	size_t rows[3][NAME_LIMIT + 1], a_length = strlen(a), b_length = strlen(b);

	if (a_length >= NAME_LIMIT || b_length >= NAME_LIMIT)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3],
		       *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			bool same = same_letter(a[i - 1], b[j - 1]);

			row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				row[j] = smallest(row[j], two_above[j - 2] + 1, row[j]);
		}
	}
	return rows[a_length % 3][b_length];
}

const char *nearest_name(const char *typed, const char *const *names)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	for (; *names; names++) {
		size_t distance = text_distance(typed, *names);
		size_t tolerated = strlen(*names) > SHORT_NAME ? 2 : 1;

		if (distance <= tolerated && distance < best) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}

/* Text with fields, "apt-get install {package}": what a table of sentences is made of. */

/* The length of the field's name after an opening brace; 0: it opens no field. */
static size_t field_length(const char *after_brace)
{
	size_t length = strspn(after_brace, "abcdefghijklmnopqrstuvwxyz_");

	return after_brace[length] == '}' ? length : 0;
}

char *template_fill(const char *text, template_value *value, const void *context)
{
	cleanup(buffer_free) struct buffer filled = {0};

	while (*text) {
		size_t plain = strcspn(text, "{");
		size_t length = text[plain] ? field_length(text + plain + 1) : 0;

		if (!length) {
			plain += text[plain] != '\0';
			buffer_add(&filled, text, plain);
			text += plain;
			continue;
		}
		cleanup(free_string) char *field = xstrndup(text + plain + 1, length);
		cleanup(free_string) char *found = value(context, field);

		if (!found)
			return NULL;
		buffer_add(&filled, text, plain);
		buffer_add_text(&filled, found);
		text += plain + length + 2;
	}
	return buffer_take(&filled);
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* Compares two runs of digits of any length and moves past them. */
static int compare_numbers(const char **a, const char **b)
{
	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	size_t a_length = digits(*a), b_length = digits(*b);

	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	int order = strncmp(*a, *b, a_length);

	*a += a_length;
	*b += b_length;
	return order;
}

int version_compare(const char *a, const char *b)
{
	while (*a && *b) {
		if (digits(a) && digits(b)) {
			int order = compare_numbers(&a, &b);

			if (order)
				return order;
		} else if (*a != *b) {
			return (unsigned char)*a - (unsigned char)*b;
		} else {
			a++;
			b++;
		}
	}
	return (unsigned char)*a - (unsigned char)*b;
}
