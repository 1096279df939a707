/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "conf/values.h"

static void what_was_never_set_is_null(void **state)
{
	cleanup(conf_values_free) struct conf_values values = {0};

	(void)state;
	assert_null(conf_values_get(&values, "MAKE", 0));
	assert_null(conf_values_array(&values, "MAKE"));
	conf_values_unset(&values, "MAKE");
	conf_values_set(&values, "MAKE", 3, "make", NULL);
	assert_null(conf_values_get(&values, "MAKE", 0));
	assert_null(conf_values_get(&values, "MAKE", 4));
	assert_null(conf_values_find(&values, "MAKE", 2));
}

static void elements_are_kept_in_ascending_order(void **state)
{
	static const long order[] = {5, 1, 999999999, 3, 0, 2, 4, 1};
	static const long sorted[] = {0, 1, 2, 3, 4, 5, 999999999};
	cleanup(conf_values_free) struct conf_values values = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		conf_values_set(&values, "STRIP", order[i], "no", NULL);

	const struct conf_array *array = conf_values_array(&values, "STRIP");

	assert_int_equal(array->count, sizeof(sorted) / sizeof(*sorted));
	for (size_t i = 0; i < array->count; i++)
		assert_int_equal(array->values[i].index, sorted[i]);
}

static void a_second_value_replaces_the_first_and_its_origin(void **state)
{
	cleanup(conf_values_free) struct conf_values values = {0};

	(void)state;
	conf_values_set(&values, "MAKE", 0, "make", "dkms.conf:1");
	conf_values_set(&values, "MAKE", 0, "make all", "m.conf:2");
	assert_string_equal(conf_values_find(&values, "MAKE", 0)->origin, "m.conf:2");
	assert_string_equal(conf_values_get(&values, "MAKE", 0), "make all");
	conf_values_set(&values, "MAKE", 0, conf_values_get(&values, "MAKE", 0), NULL);
	assert_string_equal(conf_values_get(&values, "MAKE", 0), "make all");
	assert_null(conf_values_find(&values, "MAKE", 0)->origin);
	assert_int_equal(conf_values_array(&values, "MAKE")->count, 1);
}

static void unset_forgets_every_element_of_one_name(void **state)
{
	cleanup(conf_values_free) struct conf_values values = {0};

	(void)state;
	conf_values_set(&values, "MAKE", 0, "a", NULL);
	conf_values_set(&values, "MAKE", 1, "b", NULL);
	conf_values_set(&values, "STRIP", 0, "no", NULL);
	conf_values_unset(&values, "MAKE");
	assert_null(conf_values_array(&values, "MAKE"));
	assert_string_equal(conf_values_get(&values, "STRIP", 0), "no");
}

static void origins_are_taken_apart_at_the_last_colon(void **state)
{
	static const struct {
		const char *origin;
		size_t length;
		long line;
	} cases[] = {
		{"", 0, 0},      {"a:", 2, 0},    {"a:1x", 4, 0}, {"--directive", 11, 0},
		{"a:12", 1, 12}, {"a:b:3", 3, 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		long line = -1;

		assert_int_equal(conf_origin_split(cases[i].origin, &line), cases[i].length);
		assert_int_equal(line, cases[i].line);
	}
}

UNIT_MAIN(cmocka_unit_test(origins_are_taken_apart_at_the_last_colon),
	  cmocka_unit_test(what_was_never_set_is_null),
	  cmocka_unit_test(elements_are_kept_in_ascending_order),
	  cmocka_unit_test(a_second_value_replaces_the_first_and_its_origin),
	  cmocka_unit_test(unset_forgets_every_element_of_one_name))
