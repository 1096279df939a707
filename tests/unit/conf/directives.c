/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>

#include "base/cleanup.h"
#include "conf/directives.h"

static void what_is_no_assignment_is_refused(void **state)
{
	static const char *const cases[] = {
		"",          "=x",         "MAKE",       "1MAKE=x",
		"MA-KE=x",   "MAKE[]=x",   "MAKE[-1]=x", "MAKE[1=x",
		"MAKE[i]=x", "MAKE [0]=x", "MAKE[ 1]=x", "MAKE[99999999999999999999]=x",
		" MAKE=x",   "MAKE+=x",    "MAKE[1]x=",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *name = NULL;
		const char *text = NULL;
		long index = 42;

		assert_int_equal(conf_assignment_split(cases[i], &name, &index, &text), -EINVAL);
		assert_null(name);
		assert_null(text);
		assert_int_equal(index, 42);
	}
}

static void assignments_are_split_at_the_first_equals_sign(void **state)
{
	static const struct {
		const char *assignment, *name, *text;
		long index;
	} cases[] = {
		{"MAKE=make A=b", "MAKE", "make A=b", 0},
		{"MAKE[12]=", "MAKE", "", 12},
		{"_x9='a b'", "_x9", "'a b'", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *name = NULL;
		const char *text;
		long index;

		assert_int_equal(conf_assignment_split(cases[i].assignment, &name, &index, &text),
				 0);
		assert_string_equal(name, cases[i].name);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(index, cases[i].index);
	}
}

static void only_scalars_are_exported_and_the_last_wins(void **state)
{
	cleanup(strv_free) struct strv directives = {0}, settings = {0};

	(void)state;
	strv_split(&directives,
		   "a=1;MAKE=x;b[0]=2;c;=3;a=4=5;POST_ADD=s t;STRIP[1]=no;STRIP=no;_=", ";");
	conf_exported_directives(&directives, &settings);
	cleanup(free_string) char *joined = strv_join(&settings, ";");

	assert_string_equal(joined, "a=4=5;POST_ADD=s t;_=");
}

static void unknown_names_are_not_found(void **state)
{
	(void)state;
	assert_null(conf_directive_find("MAKES"));
	assert_null(conf_directive_find("make"));
	assert_null(conf_directive_find(""));
}

static void table_and_name_list_agree(void **state)
{
	(void)state;
	assert_int_equal(conf_directive_count, 33);
	for (size_t i = 0; i < conf_directive_count; i++) {
		assert_string_equal(conf_directive_names[i], conf_directives[i].name);
		assert_ptr_equal(conf_directive_find(conf_directive_names[i]), &conf_directives[i]);
	}
	assert_null(conf_directive_names[conf_directive_count]);
}

static void scalars_are_labelled_without_their_index(void **state)
{
	cleanup(free_string) char *scalar = conf_directive_label("AUTOINSTALL", 0);
	cleanup(free_string) char *beyond = conf_directive_label("AUTOINSTALL", 1);
	cleanup(free_string) char *array = conf_directive_label("MAKE", 0);

	(void)state;
	assert_string_equal(scalar, "AUTOINSTALL");
	assert_string_equal(beyond, "AUTOINSTALL[1]");
	assert_string_equal(array, "MAKE[0]");
}

UNIT_MAIN(cmocka_unit_test(what_is_no_assignment_is_refused),
	  cmocka_unit_test(assignments_are_split_at_the_first_equals_sign),
	  cmocka_unit_test(only_scalars_are_exported_and_the_last_wins),
	  cmocka_unit_test(unknown_names_are_not_found),
	  cmocka_unit_test(table_and_name_list_agree),
	  cmocka_unit_test(scalars_are_labelled_without_their_index))
