/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/text.h"

static void sizes_are_for_people(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {{0, "0 KiB"},         {1, "1 KiB"},
		     {53 << 10, "53 KiB"}, {(1 << 20) - 1, "1 MiB"},
		     {3 << 19, "1.5 MiB"}, {20 << 20, "20 MiB"},
		     {1 << 30, "1 GiB"},   {UINT64_MAX, "16777216 TiB"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *text = text_size(cases[i].bytes);

		assert_string_equal(text, cases[i].text);
	}
}

static void pieces_are_put_where_they_fit(void **state)
{
	char target[6] = "?????";

	(void)state;
	assert_true(text_put(target, sizeof(target), "ab", "", "cde", NULL));
	assert_string_equal(target, "abcde");
	assert_false(text_put(target, sizeof(target), "ab", "cdef", NULL));
	assert_false(text_put(target, 5, "abcde", NULL));
	assert_false(text_put(target, 2, "ab", "", NULL));
	assert_true(text_put(target, sizeof(target), "", NULL));
	assert_string_equal(target, "");
}

static void every_occurrence_is_replaced(void **state)
{
	cleanup(free_string) char *many = text_replaced("a/b a/b", "a/", "<x>");
	cleanup(free_string) char *none = text_replaced("text", "", "x");

	(void)state;
	assert_string_equal(many, "<x>b <x>b");
	assert_string_equal(none, "text");
}

UNIT_MAIN(cmocka_unit_test(every_occurrence_is_replaced),
	  cmocka_unit_test(pieces_are_put_where_they_fit), cmocka_unit_test(sizes_are_for_people))
