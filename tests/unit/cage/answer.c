/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "scratch.h"
#include "cage/answer.h"

static void values_come_back_in_order(void **state)
{
	cleanup(answer_free) struct answer answer = {0};
	cleanup(free_string) char *text = NULL, *none = NULL, *empty = NULL, *bytes = NULL;
	uint64_t number;
	size_t length;

	(void)state;
	answer_put_number(&answer, UINT64_MAX);
	answer_put_text(&answer, "hello");
	answer_put_text(&answer, NULL);
	answer_put_text(&answer, "");
	answer_put_bytes(&answer, "a\0b", 3);
	assert_int_equal(answer_number(&answer, &number), 0);
	assert_true(number == UINT64_MAX);
	assert_int_equal(answer_text(&answer, &text, 5), 0);
	assert_string_equal(text, "hello");
	assert_int_equal(answer_text(&answer, &none, 5), 0);
	assert_null(none);
	assert_int_equal(answer_text(&answer, &empty, 5), 0);
	assert_string_equal(empty, "");
	assert_int_equal(answer_end(&answer), -EPROTO);
	assert_int_equal(answer_bytes(&answer, &bytes, &length, 3), 0);
	assert_int_equal(length, 3);
	assert_memory_equal(bytes, "a\0b", 4);
	assert_int_equal(answer_end(&answer), 0);
}

static void wrong_types_and_sizes_are_refused(void **state)
{
	cleanup(answer_free) struct answer answer = {0};
	char *text = NULL;
	uint64_t number;
	size_t length;

	(void)state;
	assert_int_equal(answer_number(&answer, &number), -EPROTO);
	answer_put_text(&answer, "hello");
	assert_int_equal(answer_number(&answer, &number), -EPROTO);
	answer_put_text(&answer, "hello");
	assert_int_equal(answer_text(&answer, &text, 4), -EPROTO);
	answer_put_bytes(&answer, "hello", 5);
	assert_int_equal(answer_bytes(&answer, &text, &length, 4), -EPROTO);
	answer_put_number(&answer, 1);
	assert_int_equal(answer_text(&answer, &text, 100), -EPROTO);
}

/* Bytes as a worker that somebody took over could send them. */
static void lies_about_lengths_are_refused(void **state)
{
	static const char lies[][17] = {
		"t",
		"t\5\0\0\0\0\0\0\0hell",
		"t\xff\xff\xff\xff\xff\xff\xff\xffhello",
		"t\xf7\xff\xff\xff\xff\xff\xff\xffhello",
		"n\4\0\0\0\0\0\0\0four",
		"0\1\0\0\0\0\0\0\0x",
		"t\3\0\0\0\0\0\0\0a\0b",
	};
	static const size_t lengths[] = {1, 13, 14, 14, 13, 10, 12};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		cleanup(answer_free) struct answer answer = {0};
		char *text = NULL;
		uint64_t number;

		buffer_add(&answer.bytes, lies[i], lengths[i]);
		assert_int_equal(answer_text(&answer, &text, 1000), -EPROTO);
		answer.position = 0;
		assert_int_equal(answer_number(&answer, &number), -EPROTO);
	}
}

UNIT_MAIN(cmocka_unit_test(values_come_back_in_order),
	  cmocka_unit_test(wrong_types_and_sizes_are_refused),
	  cmocka_unit_test(lies_about_lengths_are_refused))
