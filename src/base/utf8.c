/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/utf8.h"

#include "base/cleanup.h"
#include "base/text.h"

/* Length of the character that starts with this byte; 0: none does. */
static size_t announced_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2)
		return 0;
	if (first < 0xe0)
		return 2;
	if (first < 0xf0)
		return 3;
	return first < 0xf5 ? 4 : 0;
}

/* The second byte also tells overlong forms, surrogates and what is beyond U+10FFFF. */
static bool second_byte_fits(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second < 0xa0;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second < 0x90;
	default:
		return true;
	}
}

/* How many of the bytes fit the character that the first announces, and how many that needs. */
static size_t fitting_length(const char *text, size_t length, size_t *ret_announced)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t announced = length ? announced_length(bytes[0]) : 0;
	size_t fitting = announced ? 1 : 0;

	while (fitting && fitting < announced && fitting < length &&
	       (bytes[fitting] & 0xc0) == 0x80 &&
	       (fitting > 1 || second_byte_fits(bytes[0], bytes[1])))
		fitting++;
	*ret_announced = announced;
	return fitting;
}

size_t utf8_character(const char *bytes, size_t length, unsigned int *ret_character)
{
	static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	size_t announced;

	if (fitting_length(bytes, length, &announced) != announced || !announced)
		return 0;
	*ret_character = (unsigned char)bytes[0] & first_bits[announced];
	for (size_t i = 1; i < announced; i++)
		*ret_character = *ret_character << 6 | ((unsigned char)bytes[i] & 0x3f);
	return announced;
}

bool utf8_is_begun(const char *bytes, size_t length)
{
	size_t announced;

	return fitting_length(bytes, length, &announced) == length && length < announced;
}

char *utf8_repaired(const char *text)
{
	struct buffer repaired = {0};

	for (size_t left = strlen(text); left;) {
		unsigned int character;
		size_t length = utf8_character(text, left, &character);

		if (length)
			buffer_add(&repaired, text, length);
		else
			buffer_add_text(&repaired, "\xef\xbf\xbd");
		text += length ? length : 1;
		left -= length ? length : 1;
	}
	return buffer_take(&repaired);
}

bool terminal_is_control(unsigned int character)
{
	static const struct {
		unsigned int first, last;
	} ranges[] = {
		{0x00, 0x08},     {0x0b, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c},
		{0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

/* Adds the character or the bad byte at the start of text. Returns its length. */
static size_t add_one(const char *text, size_t length, struct buffer *shown)
{
	unsigned int character;
	size_t taken = utf8_character(text, length, &character);

	if (!taken || terminal_is_control(character))
		buffer_add_char(shown, '?');
	else
		buffer_add(shown, text, taken);
	return taken ? taken : 1;
}

char *terminal_text(const char *text)
{
	struct buffer shown = {0};

	for (size_t left = strlen(text); left;) {
		size_t taken = add_one(text, left, &shown);

		text += taken;
		left -= taken;
	}
	return buffer_take(&shown);
}

void terminal_filter_add(struct terminal_filter *filter, const char *piece, size_t length,
			 struct buffer *shown)
{
	cleanup(buffer_free) struct buffer text = {0};

	buffer_add(&text, filter->begun, filter->length);
	buffer_add(&text, piece, length);
	filter->length = 0;
	for (size_t at = 0; at < text.length;) {
		if (utf8_is_begun(text.data + at, text.length - at)) {
			filter->length = text.length - at;
			memcpy(filter->begun, text.data + at, filter->length);
			return;
		}
		at += add_one(text.data + at, text.length - at, shown);
	}
}

void terminal_filter_end(struct terminal_filter *filter, struct buffer *shown)
{
	for (size_t i = 0; i < filter->length; i++)
		buffer_add_char(shown, '?');
	filter->length = 0;
}
