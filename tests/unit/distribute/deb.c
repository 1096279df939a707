/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "distribute/deb.h"

static void expect_name(const char *module, const char *expected)
{
	cleanup(free_string) char *name = NULL;
	struct error error = {0};

	assert_int_equal(deb_name(module, &name, &error), 0);
	assert_string_equal(name, expected);
}

static void names_are_what_dpkg_allows(void **state)
{
	(void)state;
	expect_name("hello", "hello");
	expect_name("Foo_bar_baz", "foo-bar-baz");
	expect_name("x+y", "x+y");
	expect_name("a b", "ab");
	expect_name("__a", "a");
	expect_name("-.+a", "a");
	expect_name("6.1.21-v8+", "6.1.21-v8+");
	expect_name("5.14.0-503.el9.x86_64", "5.14.0-503.el9.x86-64");
	expect_name("h\xc3\xa9llo", "hllo");
}

static void names_without_a_letter_are_refused(void **state)
{
	static const char *const names[] = {"", "\xc3\xa9", "---", "__"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct error error = {0};
		char *name = NULL;

		assert_true(deb_name(names[i], &name, &error) < 0);
		assert_int_equal(error.exit_status, EXIT_USAGE);
		assert_null(name);
		error_clear(&error);
	}
}

static void expect_version(const char *version, const char *revision, const char *expected)
{
	cleanup(free_string) char *found = NULL;
	struct error error = {0};

	assert_int_equal(deb_version(version, revision, &found, &error), 0);
	assert_string_equal(found, expected);
}

static void versions_are_what_dpkg_allows(void **state)
{
	(void)state;
	expect_version("1.0", NULL, "1.0");
	expect_version("1.0", "2", "1.0-2");
	expect_version("1.0-2", NULL, "1.0-2-1");
	expect_version("1.0-2", "0ubuntu1~ppa", "1.0-2-0ubuntu1~ppa");
	expect_version("2024.01~rc1", NULL, "2024.01~rc1");
	expect_version("v3", NULL, "0+v3");
	expect_version("1:2", NULL, "1.2");
	expect_version("1_2", NULL, "1.2");
	expect_version("1 2\xc3", NULL, "1+2+");
}

static void revisions_are_checked(void **state)
{
	static const char *const revisions[] = {"", "1-2", "a b", "1\n", "1_2", "\xc3"};

	(void)state;
	for (size_t i = 0; i < sizeof(revisions) / sizeof(*revisions); i++) {
		struct error error = {0};
		char *version = NULL;

		assert_true(deb_version("1", revisions[i], &version, &error) < 0);
		assert_int_equal(error.exit_status, EXIT_USAGE);
		assert_null(version);
		error_clear(&error);
	}
}

static void quotes_hold_quotes(void **state)
{
	(void)state;
	cleanup(free_string) char *quoted = text_shell_quoted("it's $(a) `b` \\");

	assert_string_equal(quoted, "'it'\\''s $(a) `b` \\'");
}

static void lines_are_lines(void **state)
{
	static const char *const bad[] = {"", "  ", "a\nb", "a\x1b[1m", "a\x7f"};
	struct error error = {0};

	(void)state;
	assert_int_equal(making_require_line("--summary", "says hello", &error), 0);
	assert_int_equal(making_require_line("--summary", NULL, &error), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_true(making_require_line("--summary", bad[i], &error) < 0);
		assert_int_equal(error.exit_status, EXIT_USAGE);
		assert_non_null(strstr(error.message, "--summary"));
		error_clear(&error);
	}
}

UNIT_MAIN(cmocka_unit_test(names_are_what_dpkg_allows),
	  cmocka_unit_test(names_without_a_letter_are_refused),
	  cmocka_unit_test(versions_are_what_dpkg_allows), cmocka_unit_test(revisions_are_checked),
	  cmocka_unit_test(quotes_hold_quotes), cmocka_unit_test(lines_are_lines))
