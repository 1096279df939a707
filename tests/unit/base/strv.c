/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/strv.h"

static void splits_without_empty_pieces(void **state)
{
	cleanup(strv_free) struct strv words = {0};
	cleanup(free_string) char *joined = NULL;

	(void)state;
	strv_split(&words, "  a b\t\tc ", " \t");
	joined = strv_join(&words, ",");
	assert_string_equal(joined, "a,b,c");
	assert_null(words.items[3]);
}

static void serves_as_argument_vector_even_when_empty(void **state)
{
	struct strv none = {0};

	(void)state;
	assert_null(strv_argv(&none)[0]);
}

static void removes_every_match_and_sorts_bytewise(void **state)
{
	cleanup(strv_free) struct strv words = {0};
	cleanup(free_string) char *joined = NULL;

	(void)state;
	strv_split(&words, "b x a x B", " ");
	strv_remove(&words, "x");
	strv_sort(&words);
	joined = strv_join(&words, " ");
	assert_string_equal(joined, "B a b");
	assert_true(strv_contains(&words, "a"));
	assert_false(strv_contains(&words, "x"));
}

UNIT_MAIN(cmocka_unit_test(splits_without_empty_pieces),
	  cmocka_unit_test(serves_as_argument_vector_even_when_empty),
	  cmocka_unit_test(removes_every_match_and_sorts_bytewise))
