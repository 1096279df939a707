/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/version.h"

static void orders(void **state)
{
	static const struct {
		const char *a, *b;
		int sign;
	} cases[] = {
		{"5.9", "5.10", -1},
		{"6.1.0-55-amd64", "6.1.0-56-amd64", -1},
		{"1.0", "1.0", 0},
		{"1.0", "1.0.1", -1},
		{"1.010", "1.10", 0},
		{"2", "10", -1},
		{"1.0rc1", "1.0rc2", -1},
		{"", "1", -1},
		{"99999999999999999999", "100000000000000000000", -1},
		{"6.12.117+deb12", "6.12.9", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int there = version_compare(cases[i].a, cases[i].b);
		int back = version_compare(cases[i].b, cases[i].a);

		assert_int_equal((there > 0) - (there < 0), cases[i].sign);
		assert_int_equal((back > 0) - (back < 0), -cases[i].sign);
	}
}

UNIT_MAIN(cmocka_unit_test(orders))
