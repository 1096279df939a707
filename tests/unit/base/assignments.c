/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/assignments.h"
#include "scratch.h"

static void assert_value(const char *text, const char *expected)
{
	cleanup(free_string) char *value = assignments_value(text, "X");

	if (expected) {
		assert_non_null(value);
		assert_string_equal(value, expected);
	} else {
		assert_null(value);
	}
}

static void what_is_no_plain_assignment_gives_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"X",
		"X a",
		"=a",
		"XY=a",
		"YX=a",
		"#X=a",
		"echo X=a",
		"X =a",
		"exportX=a",
		"X=$HOME",
		"X=\"${HOME}/a\"",
		"X=\"`id`\"",
		"X=`id`",
		"X=a\nX=$HOME",
		"X=\"open",
		"X='open\nX=a",
		"Y=\"\nX=a\n\"\n",
		"Y='open\nX=a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_value(bad[i], NULL);
	assert_null(assignments_read("/nonexistent/file", "X"));
	assert_null(assignments_read("/", "X"));
}

static void all_forms_of_quoting(void **state)
{
	static const char *const cases[][2] = {
		{"X=a", "a"},
		{"X=", ""},
		{"X=\n", ""},
		{"X=\"\"", ""},
		{"X=a b", "a"},
		{"X=a;Y=b", "a"},
		{"X=a\r\n", "a"},
		{"X=a#b", "a#b"},
		{"X='a b'", "a b"},
		{"X='$a`\\'", "$a`\\"},
		{"X=\"a \\\" \\$b \\\\ \\c\"", "a \" $b \\ \\c"},
		{"X=a\\ b", "a b"},
		{"X=\\$b", "$b"},
		{"X=a\"b \"'c'd", "ab cd"},
		{"X=\"a\nb\"\n", "a\nb"},
		{"export X=a", "a"},
		{"  \texport\tX=a", "a"},
		{"  X=a", "a"},
		{"X=a\nX=b\nY=c", "b"},
		{"Y=$HOME\nX=a", "a"},
		{"if a; then\nX=a\nfi", "a"},
		{"Y=\"\nX=b\n\"\nX=a", "a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_value(cases[i][0], cases[i][1]);
}

static void files_are_read_up_to_a_limit(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "file", NULL);

	scratch_write(scratch, "file", "X=a\n");
	cleanup(free_string) char *value = assignments_read(path, "X");

	assert_string_equal(value, "a");
	assert_int_equal(truncate(path, 2 << 20), 0);
	assert_null(assignments_read(path, "X"));
}

static void plain_ones_are_told_apart(void **state)
{
	static const char *const plain[] = {
		"",
		"# X=$(a)\n\n \t# b\n",
		"X=a\nY=/b/c-1.0+x\n",
		"X=\"a b\"\n  Y='c'  # d\nZ=",
		"X=\"\"",
	};
	static const char *const other[] = {
		"X=$a",       "X=\"$a\"", "X=`a`",      "X=a b",      "X=\"a\\\"b\"",
		"X='a\"b'",   "X=*",      "X=\"a  b\"", "X=\" a\"",   "X='a '",
		"X=\"a\nb\"", "X=\"a",    "X=a;b",      "X=a#b",      "X=~",
		"X=\"a\"b",   "X=(a)",    "X[1]=a",     "export X=a", "a",
		"X =a",       "1X=a",     "X=a\r\n",    "X+=a",       "X=\"\"#a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (!assignments_are_plain(plain[i]))
			fail_msg("not plain: %s", plain[i]);
	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++)
		if (assignments_are_plain(other[i]))
			fail_msg("plain: %s", other[i]);
}

UNIT_MAIN(cmocka_unit_test(plain_ones_are_told_apart),
	  cmocka_unit_test(what_is_no_plain_assignment_gives_nothing),
	  cmocka_unit_test(all_forms_of_quoting), cmocka_unit_test(files_are_read_up_to_a_limit))
