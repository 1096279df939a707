/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "base/packed.h"
#include "base/cleanup.h"

static struct packed reader_of(const struct buffer *buffer)
{
	return (struct packed){.next = buffer->data, .left = buffer->length};
}

static void what_is_packed_comes_back(void **state)
{
	cleanup(buffer_free) struct buffer buffer = {0};
	cleanup(strv_free) struct strv texts = {0}, read = {0};

	(void)state;
	strv_add(&texts, "a");
	strv_add(&texts, "");
	pack_number(&buffer, UINT64_MAX);
	pack_text(&buffer, "text");
	pack_text(&buffer, NULL);
	pack_texts(&buffer, &texts);
	pack_bytes(&buffer, "\0x", 2);
	struct packed packed = reader_of(&buffer);

	assert_true(unpack_number(&packed, UINT64_MAX) == UINT64_MAX);
	cleanup(free_string) char *text = unpack_text(&packed, 4);

	assert_string_equal(text, "text");
	assert_null(unpack_text(&packed, 4));
	unpack_texts(&packed, 2, 1, &read);
	assert_int_equal(read.count, 2);
	assert_string_equal(read.items[0], "a");
	assert_string_equal(read.items[1], "");
	struct packed bytes = unpack_bytes(&packed);

	assert_int_equal(bytes.left, 2);
	assert_memory_equal(bytes.next, "\0x", 2);
	assert_int_equal(packed_end(&packed), 0);
}

/* Each limit, and each end that comes too early. */
static void nonsense_is_noticed_and_nothing_is_read_after_it(void **state)
{
	cleanup(buffer_free) struct buffer buffer = {0};

	(void)state;
	pack_number(&buffer, 2);
	pack_text(&buffer, "four");
	pack_number(&buffer, 7);
	for (size_t length = 0; length <= buffer.length; length++) {
		struct packed packed = {.next = buffer.data, .left = length};

		(void)unpack_number(&packed, 2);
		free(unpack_text(&packed, 4));
		uint64_t last = unpack_number(&packed, 7);

		assert_int_equal(packed_end(&packed), length < buffer.length ? -EBADMSG : 0);
		assert_int_equal(last, length < buffer.length ? 0 : 7);
	}
	struct packed packed = reader_of(&buffer);

	assert_int_equal(unpack_number(&packed, 1), 0);
	assert_null(unpack_text(&packed, 4));
	assert_int_equal(packed_end(&packed), -EBADMSG);
	packed = reader_of(&buffer);
	(void)unpack_number(&packed, 2);
	assert_null(unpack_text(&packed, 3));
	assert_int_equal(packed_end(&packed), -EBADMSG);
	packed = reader_of(&buffer);
	(void)unpack_number(&packed, 2);
	assert_int_equal(packed_end(&packed), -EBADMSG);
}

static void a_text_with_a_nul_or_a_huge_length_is_nonsense(void **state)
{
	cleanup(buffer_free) struct buffer buffer = {0}, huge = {0};

	(void)state;
	pack_bytes(&buffer, "a\0b", 3);
	struct packed packed = reader_of(&buffer);

	assert_null(unpack_text(&packed, 100));
	assert_int_equal(packed_end(&packed), -EBADMSG);
	pack_number(&huge, UINT64_MAX - 1);
	packed = reader_of(&huge);
	assert_null(unpack_text(&packed, SIZE_MAX));
	packed = reader_of(&huge);
	assert_int_equal(unpack_bytes(&packed).left, 0);
	assert_int_equal(packed_end(&packed), -EBADMSG);
}

static void a_missing_text_is_nonsense_where_one_is_required(void **state)
{
	cleanup(buffer_free) struct buffer buffer = {0};

	(void)state;
	pack_text(&buffer, NULL);
	struct packed packed = reader_of(&buffer);

	assert_null(unpack_required_text(&packed, 100));
	assert_int_equal(packed_end(&packed), -EBADMSG);
}

UNIT_MAIN(cmocka_unit_test(what_is_packed_comes_back),
	  cmocka_unit_test(nonsense_is_noticed_and_nothing_is_read_after_it),
	  cmocka_unit_test(a_text_with_a_nul_or_a_huge_length_is_nonsense),
	  cmocka_unit_test(a_missing_text_is_nonsense_where_one_is_required))
