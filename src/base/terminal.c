/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/terminal.h"

#include "base/cleanup.h"
#include "base/utf8.h"

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
