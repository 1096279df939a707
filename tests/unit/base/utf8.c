/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdlib.h>

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

static const char *const cases[][2] = {
	{"", ""},
	{"plain\ttext\n", "plain\ttext\n"},
	{"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7"},
	{"\x1b[31mred\x07\r\x7f", "?[31mred???"},
	{"\xc2\x9b"
	 "31m",
	 "?31m"},
	{"\x9b"
	 "31m",
	 "?31m"},
	{"\xc2\xa0\xc2\x80\xc2\x9f", "\xc2\xa0??"},
	{"a\xe2\x80\xae"
	 "b\xe2\x81\xa6"
	 "c\xe2\x80\x8f\xd8\x9c",
	 "a?b?c??"},
	{"\xe2\x80\xa8\xe2\x80\xa9", "??"},
	{"\xff\xc3(\xed\xa0\x80\xc0\xaf", "?\?(?????"},
	{"cut \xe2\x82", "cut ??"},
};

enum { CASES = sizeof(cases) / sizeof(*cases) };

static void only_what_moves_a_terminal_is_replaced(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		cleanup(free_string) char *shown = terminal_text(cases[i][0]);

		assert_string_equal(shown, cases[i][1]);
	}
}

static void pieces_come_to_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		cleanup(buffer_free) struct buffer shown = {0};
		struct terminal_filter filter = {0};

		for (const char *c = cases[i][0]; *c; c++)
			terminal_filter_add(&filter, c, 1, &shown);
		terminal_filter_end(&filter, &shown);
		assert_string_equal(shown.data ? shown.data : "", cases[i][1]);
	}
}

UNIT_MAIN(cmocka_unit_test(what_is_not_utf8_is_replaced_byte_by_byte),
	  cmocka_unit_test(utf8_stays_as_it_is),
	  cmocka_unit_test(only_what_moves_a_terminal_is_replaced),
	  cmocka_unit_test(pieces_come_to_the_same))
