/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/answer.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/memory.h"

enum value_type { VALUE_NUMBER = 'n', VALUE_TEXT = 't', VALUE_NO_TEXT = '0', VALUE_BYTES = 'b' };

static void put(struct answer *answer, enum value_type type, const void *bytes, size_t length)
{
	uint64_t size = length;

	buffer_add_char(&answer->bytes, (char)type);
	buffer_add(&answer->bytes, &size, sizeof(size));
	buffer_add(&answer->bytes, bytes, length);
}

void answer_put_number(struct answer *answer, uint64_t number)
{
	put(answer, VALUE_NUMBER, &number, sizeof(number));
}

void answer_put_text(struct answer *answer, const char *text)
{
	put(answer, text ? VALUE_TEXT : VALUE_NO_TEXT, text, text ? strlen(text) : 0);
}

void answer_put_bytes(struct answer *answer, const void *bytes, size_t length)
{
	put(answer, VALUE_BYTES, bytes, length);
}

static size_t left(const struct answer *answer)
{
	return answer->bytes.length - answer->position;
}

/* The next value's type and bytes, which stay in the answer; moves behind it. */
static int take(struct answer *answer, char *ret_type, const char **ret_bytes, uint64_t *ret_size)
{
	const char *start = answer->bytes.data + answer->position;
	uint64_t size;

	if (left(answer) < 1 + sizeof(size))
		return -EPROTO;
	memcpy(&size, start + 1, sizeof(size));
	if (size > left(answer) - 1 - sizeof(size))
		return -EPROTO;
	*ret_type = *start;
	*ret_bytes = start + 1 + sizeof(size);
	*ret_size = size;
	answer->position += 1 + sizeof(size) + (size_t)size;
	return 0;
}

int answer_number(struct answer *answer, uint64_t *ret_number)
{
	const char *bytes;
	uint64_t size;
	char type;

	if (take(answer, &type, &bytes, &size) < 0 || type != VALUE_NUMBER ||
	    size != sizeof(*ret_number))
		return -EPROTO;
	memcpy(ret_number, bytes, sizeof(*ret_number));
	return 0;
}

int answer_text(struct answer *answer, char **ret_text, size_t limit)
{
	const char *bytes;
	uint64_t size;
	char type;

	if (take(answer, &type, &bytes, &size) < 0)
		return -EPROTO;
	if (type == VALUE_NO_TEXT && !size) {
		*ret_text = NULL;
		return 0;
	}
	if (type != VALUE_TEXT || size > limit || memchr(bytes, '\0', (size_t)size))
		return -EPROTO;
	*ret_text = xstrndup(bytes, (size_t)size);
	return 0;
}

int answer_bytes(struct answer *answer, char **ret_bytes, size_t *ret_length, size_t limit)
{
	const char *bytes;
	uint64_t size;
	char type;

	if (take(answer, &type, &bytes, &size) < 0 || type != VALUE_BYTES || size > limit)
		return -EPROTO;
	*ret_bytes = xcalloc((size_t)size + 1, 1);
	memcpy(*ret_bytes, bytes, (size_t)size);
	*ret_length = (size_t)size;
	return 0;
}

int answer_end(const struct answer *answer)
{
	return left(answer) ? -EPROTO : 0;
}

void answer_free(struct answer *answer)
{
	buffer_free(&answer->bytes);
	*answer = (struct answer){0};
}
