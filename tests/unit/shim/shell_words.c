/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "shim/shell_words.h"

/* Words as "[a][b]", operators as "<|>"; owned. NULL: refused. */
static char *split(const char *text)
{
	static struct shell_words words;
	struct buffer shown = {0};

	if (!shell_words_split(text, strlen(text), &words))
		return NULL;
	assert_null(words.words[words.count]);
	for (int i = 0; i < words.count; i++)
		buffer_add_format(&shown, words.is_operator[i] ? "<%s>" : "[%s]", words.words[i]);
	buffer_add_text(&shown, "");
	return buffer_take(&shown);
}

static void words_are_split_as_by_a_shell(void **state)
{
	static const char *const pairs[][2] = {
		{"  gcc -c\t-x c /dev/null ", "[gcc][-c][-x][c][/dev/null]"},
		{"gcc -o \"$TMP\" -", "[gcc][-o][$TMP][-]"},
		{"nm \"$TMP.base\" | grep ' U ' > \"$TMP.ubase\" || true ; cmp",
		 "[nm][$TMP.base]<|>[grep][ U ]<>>[$TMP.ubase]<||>[true]<;>[cmp]"},
		{"a&&b;c||d|e", "[a]<&&>[b]<;>[c]<||>[d]<|>[e]"},
		{"gcc --version 2>/dev/null", "[gcc][--version]<2>>[/dev/null]"},
		{"echo 'a;b|c$d' x'y'z ''", "[echo][a;b|c$d][xyz][]"},
		{"-fmacro-prefix-map=/usr/src/a+b_c@d:e%f^g,h/=",
		 "[-fmacro-prefix-map=/usr/src/a+b_c@d:e%f^g,h/=]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		cleanup(free_string) char *shown = split(pairs[i][0]);

		assert_non_null(shown);
		assert_string_equal(shown, pairs[i][1]);
	}
}

static void what_a_shell_would_expand_is_refused(void **state)
{
	static const char *const texts[] = {
		"a $TMP",   "a $(b)",   "a `b`",  "a \"b\"",     "a \"$TMP", "a \"$TMP/b\"",
		"a \"$X\"", "a *",      "a b?",   "a [b]",       "a ~",      "a \\b",
		"a &",      "(a)",      "{ a; }", "! a",         "a # b",    "a <b",
		"a 12>b",   "a>b",      "a 2>&1", "a \"$TMP\"b", "a 'b",     "a '$TMP'",
		"a\nb",     "a b{c,d}", "a >&2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		cleanup(free_string) char *shown = split(texts[i]);

		if (shown)
			fail_msg("%s was split into %s", texts[i], shown);
	}
}

static void too_much_is_refused(void **state)
{
	static struct shell_words words;
	static char text[SHELL_LONGEST + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 2 ? ' ' : 'a';
	assert_false(shell_words_split(text, (size_t)SHELL_MOST_WORDS * 2 + 2, &words));
	assert_true(shell_words_split(text, (size_t)SHELL_MOST_WORDS * 2, &words));
	assert_int_equal(words.count, SHELL_MOST_WORDS);
	memset(text, 'a', sizeof(text) - 1);
	assert_false(shell_words_split(text, SHELL_LONGEST, &words));
}

UNIT_MAIN(cmocka_unit_test(words_are_split_as_by_a_shell),
	  cmocka_unit_test(what_a_shell_would_expand_is_refused),
	  cmocka_unit_test(too_much_is_refused))
