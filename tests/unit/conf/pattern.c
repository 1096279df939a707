/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <string.h>

#include "conf/pattern.h"

struct row {
	const char *pattern, *text;
	enum pattern_result result;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pattern_match(rows[i].pattern, rows[i].text, strlen(rows[i].text)) !=
		    rows[i].result)
			fail_msg("%s against %s", rows[i].pattern, rows[i].text);
}

#define CHECK(...)                                               \
	do {                                                     \
		static const struct row rows_[] = {__VA_ARGS__}; \
		check(rows_, sizeof(rows_) / sizeof(*rows_));    \
	} while (0)

static void what_is_left_to_bash(void **state)
{
	(void)state;
	CHECK({"[[.a.]]", "a", PATTERN_UNSURE}, {"[[:nosuch:]]", "a", PATTERN_UNSURE},
	      {"[z-a]", "m", PATTERN_UNSURE}, {"*!(x)y", "", PATTERN_UNSURE},
	      {"[[=a=]]", "a", PATTERN_UNSURE});
}

static void too_much_work_ends(void **state)
{
	(void)state;
	CHECK({"*(*(*(*(a|b)|a)|a)|b)c", "abababababababababababababababababababab",
	       PATTERN_UNSURE});
}

static void plain_patterns(void **state)
{
	(void)state;
	CHECK({"", "", PATTERN_YES}, {"", "a", PATTERN_NO}, {"a", "a", PATTERN_YES},
	      {"*", "", PATTERN_YES}, {"a*c", "abbc", PATTERN_YES}, {"a*c", "abb", PATTERN_NO},
	      {"?", "", PATTERN_NO}, {"?", "x", PATTERN_YES}, {"\\*", "*", PATTERN_YES},
	      {"\\*", "x", PATTERN_NO}, {"a\\", "a\\", PATTERN_YES});
}

static void brackets(void **state)
{
	(void)state;
	CHECK({"[abc]", "b", PATTERN_YES}, {"[!abc]", "b", PATTERN_NO},
	      {"[^abc]", "x", PATTERN_YES}, {"[a-c]x", "bx", PATTERN_YES},
	      {"[]x]", "]", PATTERN_YES}, {"[!]]", "]", PATTERN_NO}, {"[", "[", PATTERN_YES},
	      {"[a", "[a", PATTERN_YES}, {"[\\]]", "]", PATTERN_YES}, {"[a-]", "-", PATTERN_YES},
	      {"[[:digit:]x]", "7", PATTERN_YES}, {"[[:upper:]]", "a", PATTERN_NO});
}

static void extended_patterns(void **state)
{
	(void)state;
	CHECK({"@(a|b)", "b", PATTERN_YES}, {"@(a|b)", "ab", PATTERN_NO},
	      {"?(a)b", "b", PATTERN_YES}, {"*(ab)", "ababab", PATTERN_YES},
	      {"+(a)", "", PATTERN_NO}, {"+(a|b)c", "abac", PATTERN_YES}, {"!(a)", "a", PATTERN_NO},
	      {"!(a)", "", PATTERN_YES}, {"!(a)b", "ab", PATTERN_NO}, {"!(a)b", "aab", PATTERN_YES},
	      {"@(a|@(b|c))d", "cd", PATTERN_YES}, {"@(|x)y", "y", PATTERN_YES},
	      {"@(a", "@(a", PATTERN_YES});
}

UNIT_MAIN(cmocka_unit_test(what_is_left_to_bash), cmocka_unit_test(too_much_work_ends),
	  cmocka_unit_test(plain_patterns), cmocka_unit_test(brackets),
	  cmocka_unit_test(extended_patterns))
