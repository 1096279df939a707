/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/packed.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"

#define NO_TEXT UINT64_MAX

void pack_number(struct buffer *buffer, uint64_t number)
{
	buffer_add(buffer, &number, sizeof(number));
}

void pack_bytes(struct buffer *buffer, const void *data, size_t length)
{
	pack_number(buffer, length);
	buffer_add(buffer, data, length);
}

void pack_text(struct buffer *buffer, const char *text)
{
	if (text)
		pack_bytes(buffer, text, strlen(text));
	else
		pack_number(buffer, NO_TEXT);
}

void pack_texts(struct buffer *buffer, const struct strv *texts)
{
	const char *text;

	pack_number(buffer, texts->count);
	STRV_FOREACH (text, texts)
		pack_text(buffer, text);
}

/* The next bytes, or NULL if there are not so many. */
static const char *take(struct packed *packed, uint64_t length)
{
	const char *bytes = packed->next;

	if (packed->damaged || length > packed->left) {
		packed->damaged = true;
		return NULL;
	}
	packed->next += length;
	packed->left -= length;
	return bytes;
}

uint64_t unpack_number(struct packed *packed, uint64_t limit)
{
	const char *bytes = take(packed, sizeof(uint64_t));
	uint64_t number = 0;

	if (bytes)
		memcpy(&number, bytes, sizeof(number));
	if (number <= limit)
		return number;
	packed->damaged = true;
	return 0;
}

char *unpack_text(struct packed *packed, size_t limit)
{
	uint64_t length = unpack_number(packed, UINT64_MAX);

	if (packed->damaged || length == NO_TEXT)
		return NULL;
	const char *bytes = take(packed, length);

	if (bytes && length <= limit && !memchr(bytes, '\0', length))
		return xstrndup(bytes, length);
	packed->damaged = true;
	return NULL;
}

char *unpack_required_text(struct packed *packed, size_t limit)
{
	char *text = unpack_text(packed, limit);

	packed->damaged |= !text;
	return text;
}

void unpack_texts(struct packed *packed, size_t count, size_t limit, struct strv *texts)
{
	uint64_t left = unpack_number(packed, count);

	for (; left && !packed->damaged; left--) {
		char *text = unpack_required_text(packed, limit);

		if (text)
			strv_add_owned(texts, text);
	}
}

struct packed unpack_bytes(struct packed *packed)
{
	uint64_t length = unpack_number(packed, UINT64_MAX);
	const char *bytes = take(packed, length);

	return (struct packed){.next = bytes, .left = bytes ? length : 0, .damaged = !bytes};
}

int packed_end(const struct packed *packed)
{
	return packed->damaged || packed->left ? -EBADMSG : 0;
}
