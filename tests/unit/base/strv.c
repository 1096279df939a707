/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
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

static void keeps_many_through_growth_and_removal(void **state)
{
	struct strmap map = {0};
	char key[16];

	(void)state;
	assert_null(strmap_get(&map, "none"));
	assert_null(strmap_remove(&map, "none"));
	for (size_t i = 1; i <= 1000; i++) {
		(void)snprintf(key, sizeof(key), "key%zu", i);
		assert_null(strmap_set(&map, key, (void *)i));
	}
	for (size_t i = 1; i <= 1000; i += 2) {
		(void)snprintf(key, sizeof(key), "key%zu", i);
		assert_ptr_equal(strmap_remove(&map, key), (void *)i);
	}
	for (size_t i = 1; i <= 1000; i++) {
		(void)snprintf(key, sizeof(key), "key%zu", i);
		assert_ptr_equal(strmap_get(&map, key), i % 2 ? NULL : (void *)i);
	}
	for (size_t i = 0; i < 5000; i++) { /* slots of removed keys are found again */
		(void)strmap_set(&map, "again", (void *)1);
		(void)strmap_remove(&map, "again");
	}
	assert_ptr_equal(strmap_get(&map, "key2"), (void *)2);
	strmap_free(&map, NULL);
}

static void setting_returns_what_was_there_and_order_is_kept(void **state)
{
	struct strmap map = {0};
	char order[8] = "";

	(void)state;
	(void)strmap_set(&map, "b", xstrdup("1"));
	(void)strmap_set(&map, "a", xstrdup("2"));
	char *old = strmap_set(&map, "b", xstrdup("3"));

	assert_string_equal(old, "1");
	free(old);
	STRMAP_FOREACH (entry, &map)
		(void)strcat(order, entry->key);
	assert_string_equal(order, "ba");
	strmap_free(&map, free);
}

static void keys_that_are_borrowed_stay_their_owners(void **state)
{
	struct strmap map = {.borrows_keys = true};
	char first[] = "key", second[] = "key", other[] = "other";

	(void)state;
	assert_null(strmap_set(&map, first, (void *)1));
	assert_ptr_equal(strmap_set(&map, second, (void *)2), (void *)1);
	assert_ptr_equal(map.entries[0].key, first);
	assert_null(strmap_set(&map, other, (void *)3));
	assert_ptr_equal(strmap_remove(&map, "key"), (void *)2);
	strmap_free(&map, NULL);
	assert_true(map.borrows_keys);
	assert_string_equal(first, "key");
}

static void room_made_ahead_changes_nothing(void **state)
{
	struct strmap map = {0};

	(void)state;
	strmap_reserve(&map, 0);
	(void)strmap_set(&map, "before", (void *)1);
	strmap_reserve(&map, 1000);
	assert_true(map.capacity >= 1001);
	assert_ptr_equal(strmap_get(&map, "before"), (void *)1);
	assert_int_equal(map.count, 1);
	strmap_free(&map, NULL);
}

UNIT_MAIN(cmocka_unit_test(splits_without_empty_pieces),
	  cmocka_unit_test(serves_as_argument_vector_even_when_empty),
	  cmocka_unit_test(removes_every_match_and_sorts_bytewise),
	  cmocka_unit_test(keeps_many_through_growth_and_removal),
	  cmocka_unit_test(setting_returns_what_was_there_and_order_is_kept),
	  cmocka_unit_test(keys_that_are_borrowed_stay_their_owners),
	  cmocka_unit_test(room_made_ahead_changes_nothing))
