/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"

static void random_names_differ(void **state)
{
	cleanup(free_string) char *one = temporary_path("/d", "x");
	cleanup(free_string) char *two = temporary_path("/d", "x");

	(void)state;
	assert_true(text_starts_with(one, "/d/.dkms-x-"));
	assert_string_not_equal(one, two);
	assert_true(temporary_is_random(path_basename(one)));
}

static void kinds_are_told_apart(void **state)
{
	cleanup(free_string) char *path = temporary_path_named("/d", "old", "3-ab");

	(void)state;
	assert_string_equal(path, "/d/.dkms-old3-ab");
	assert_true(temporary_is_any(".dkms-old3-ab"));
	assert_true(temporary_is(".dkms-old3-ab", "old"));
	assert_string_equal(temporary_ending(".dkms-old3-ab", "old"), "3-ab");
	assert_false(temporary_is(".dkms-old3-ab", "new"));
	assert_null(temporary_ending("dkms-old3-ab", "old"));
}

static void other_names_are_not_random_ones(void **state)
{
	static const char *const names[] = {
		"",
		"dkms-write-0123456789abcdef",
		".dkms-write-0123456789abcde",
		".dkms-write-0123456789ABCDEF",
		".dkms-write_0123456789abcdef",
		".dkms-write-0123456789abcdef~",
	};

	(void)state;
	assert_true(temporary_is_random(".dkms-write-0123456789abcdef"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_false(temporary_is_random(names[i]));
}

UNIT_MAIN(cmocka_unit_test(random_names_differ), cmocka_unit_test(kinds_are_told_apart),
	  cmocka_unit_test(other_names_are_not_random_ones))
