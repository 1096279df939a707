/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/terminal.h"

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

UNIT_MAIN(cmocka_unit_test(only_what_moves_a_terminal_is_replaced),
	  cmocka_unit_test(pieces_come_to_the_same))
