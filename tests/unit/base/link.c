/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/link.h"

static void links_that_lead_out(void **state)
{
	static const char *const cases[][2] = {
		{"a", ""},
		{"a", "/etc/passwd"},
		{"a", ".."},
		{"a", "../b"},
		{"a/b", "../../c"},
		{"a/b/c", ".././../../d"},
		{"a", "./../b"},
		/* After a name it may climb from anywhere: d may be a link to the top. */
		{"a", "d/.."},
		{"a/b/c", "d/../e"},
		{"a", "d//../.."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (link_stays_inside(cases[i][0], cases[i][1]))
			fail_msg("%s -> %s", cases[i][0], cases[i][1]);
}

static void links_that_stay(void **state)
{
	static const char *const cases[][2] = {
		{"a", "b"},         {"a", "./b"},       {"a", "b/c/d"},     {"a", "..b/...c"},
		{"a/b", "../c"},    {"a/b", ".."},      {"a/b/c", "../.."}, {"a/b/c", "../../d/e"},
		{"a/b", ".//../c"}, {"a/b/c", "./../"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (!link_stays_inside(cases[i][0], cases[i][1]))
			fail_msg("%s -> %s", cases[i][0], cases[i][1]);
}

UNIT_MAIN(cmocka_unit_test(links_that_lead_out), cmocka_unit_test(links_that_stay))
