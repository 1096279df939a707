/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/text.h"

static void sizes_are_for_people(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {{0, "0 KiB"},         {1, "1 KiB"},
		     {53 << 10, "53 KiB"}, {(1 << 20) - 1, "1 MiB"},
		     {3 << 19, "1.5 MiB"}, {20 << 20, "20 MiB"},
		     {1 << 30, "1 GiB"},   {UINT64_MAX, "16777216 TiB"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *text = text_size(cases[i].bytes);

		assert_string_equal(text, cases[i].text);
	}
}

UNIT_MAIN(cmocka_unit_test(sizes_are_for_people))
