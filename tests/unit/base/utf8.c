/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/utf8.h"

#define BAD "\xef\xbf\xbd"

static void what_is_not_utf8_is_replaced_byte_by_byte(void **state)
{
	static const char *const cases[][2] = {
		{"a\xff"
		 "b",
		 "a" BAD "b"},
		{"\x80", BAD},
		{"\xc3", BAD},
		{"\xc3(", BAD "("},
		{"\xe2\x82", BAD BAD},
		{"\xc0\xaf", BAD BAD},
		{"\xe0\x80\xaf", BAD BAD BAD},
		{"\xed\xa0\x80", BAD BAD BAD},
		{"\xf0\x80\x80\x80", BAD BAD BAD BAD},
		{"\xf4\x90\x80\x80", BAD BAD BAD BAD},
		{"\xf8\x88\x80\x80\x80", BAD BAD BAD BAD BAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *repaired = utf8_repaired(cases[i][0]);

		assert_string_equal(repaired, cases[i][1]);
	}
}

static void utf8_stays_as_it_is(void **state)
{
	static const char *const cases[] = {
		"",
		"plain\n",
		"\xc3\xa4",
		"\xe2\x82\xac",
		"\xf0\x9f\x90\xa7",
		"\xed\x9f\xbf",
		"\xf4\x8f\xbf\xbf",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *repaired = utf8_repaired(cases[i]);

		assert_string_equal(repaired, cases[i]);
	}
}

UNIT_MAIN(cmocka_unit_test(what_is_not_utf8_is_replaced_byte_by_byte),
	  cmocka_unit_test(utf8_stays_as_it_is))
