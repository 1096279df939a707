/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/utf8.h"

#include <stddef.h>

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
static int second_byte_fits(unsigned char first, unsigned char second)
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
		return 1;
	}
}

/* Length of the well-formed character at the start of text; 0: there is none. */
static size_t character_length(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = announced_length(bytes[0]);

	/* The terminating NUL is no continuation byte: nothing beyond it is read. */
	for (size_t i = 1; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	if (length > 1 && !second_byte_fits(bytes[0], bytes[1]))
		return 0;
	return length;
}

char *utf8_repaired(const char *text)
{
	struct buffer repaired = {0};

	while (*text) {
		size_t length = character_length(text);

		if (length)
			buffer_add(&repaired, text, length);
		else
			buffer_add_text(&repaired, "\xef\xbf\xbd");
		text += length ? length : 1;
	}
	return buffer_take(&repaired);
}
