/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/memory.h"
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

static void pieces_are_put_where_they_fit(void **state)
{
	char target[6] = "?????";

	(void)state;
	assert_true(text_put(target, sizeof(target), "ab", "", "cde", NULL));
	assert_string_equal(target, "abcde");
	assert_false(text_put(target, sizeof(target), "ab", "cdef", NULL));
	assert_false(text_put(target, 5, "abcde", NULL));
	assert_false(text_put(target, 2, "ab", "", NULL));
	assert_true(text_put(target, sizeof(target), "", NULL));
	assert_string_equal(target, "");
}

static void every_occurrence_is_replaced(void **state)
{
	cleanup(free_string) char *many = text_replaced("a/b a/b", "a/", "<x>");
	cleanup(free_string) char *none = text_replaced("text", "", "x");

	(void)state;
	assert_string_equal(many, "<x>b <x>b");
	assert_string_equal(none, "text");
}

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

/* A field's value is its own name in angle brackets; nobody knows "unknown". */
static char *value_of(const void *context, const char *field)
{
	const char *brackets = context;

	return text_equal(field, "unknown")
		       ? NULL
		       : text_format("%c%s%c", brackets[0], field, brackets[1]);
}

static void assert_filled(const char *text, const char *expected)
{
	cleanup(free_string) char *filled = template_fill(text, value_of, "<>");

	assert_string_equal(filled ? filled : "unknown", expected);
}

static void what_is_no_field_is_text(void **state)
{
	(void)state;
	assert_filled("", "");
	assert_filled("plain", "plain");
	assert_filled("{", "{");
	assert_filled("{}", "{}");
	assert_filled("a{b", "a{b");
	assert_filled("{Not a field} {", "{Not a field} {");
	assert_filled("${x-1}", "${x-1}");
	assert_filled("{{a}}", "{<a>}");
}

static void one_unknown_field_spoils_it_all(void **state)
{
	(void)state;
	assert_null(template_fill("{a} {unknown} {b}", value_of, "<>"));
}

static void fields_are_replaced(void **state)
{
	(void)state;
	assert_filled("{a}", "<a>");
	assert_filled("to {a}{b_c}, not {a}.", "to <a><b_c>, not <a>.");
}

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

UNIT_MAIN(cmocka_unit_test(every_occurrence_is_replaced),
	  cmocka_unit_test(pieces_are_put_where_they_fit), cmocka_unit_test(sizes_are_for_people),
	  cmocka_unit_test(distances), cmocka_unit_test(the_nearest),
	  cmocka_unit_test(what_is_no_field_is_text),
	  cmocka_unit_test(one_unknown_field_spoils_it_all), cmocka_unit_test(fields_are_replaced),
	  cmocka_unit_test(orders))
