/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/nearest.h"

static void distances(void **state)
{
	(void)state;
	assert_int_equal(text_distance("install", "install"), 0);
	assert_int_equal(text_distance("INSTALL", "install"), 0);
	assert_int_equal(text_distance("instal", "install"), 1);
	assert_int_equal(text_distance("isntall", "install"), 1);
	assert_int_equal(text_distance("", "abc"), 3);
	assert_true(text_distance("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") > 1000);
}

static void the_nearest(void **state)
{
	static const char *const names[] = {"MAKE", "PATCH", "build_sandbox", "build_network",
					    NULL};

	(void)state;
	assert_string_equal(nearest_name("build_sanbox", names), "build_sandbox");
	assert_string_equal(nearest_name("BUILD_NETWROK", names), "build_network");
	assert_string_equal(nearest_name("MAKES", names), "MAKE");
	assert_null(nearest_name("FAKES", names));
	assert_null(nearest_name("build_box", names));
}

UNIT_MAIN(cmocka_unit_test(distances), cmocka_unit_test(the_nearest))
