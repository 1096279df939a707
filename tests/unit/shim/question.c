/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"
#include "scratch.h"
#include "shim/probe.h"
#include "shim/question.h"

#define TRY(command)                                                                         \
	"set -e; TMP=/m/.tmp_$$/tmp; trap \"rm -rf /m/.tmp_$$\" EXIT; mkdir -p /m/.tmp_$$; " \
	"if (" command ") >/dev/null 2>&1; then echo \"y\"; else echo \"n\"; fi"
#define COMPILES "gcc-12 -w -ftest-coverage -x c - -c -o "

/* Programs on a search path, behind a front. */
struct world {
	char *scratch, *front, *search;
};

static void put_program(const struct world *world, const char *name, const char *content)
{
	cleanup(free_string) char *path = path_join(world->scratch, name, NULL);

	scratch_write(world->scratch, name, content);
	assert_int_equal(chmod(path, 0755), 0);
}

static int make_world(void **state)
{
	static const char *const names[] = {"bin/gcc-12", "bin/nm",     "bin/x-nm",     "bin/x-ld",
					    "bin/ld",     "bin/cmp",    "bin/grep",     "bin/head",
					    "bin/as",     "bin/pahole", ".front/gcc-12"};
	struct world *world = NEW(struct world);

	world->scratch = scratch_make();
	world->front = path_join(world->scratch, ".front", NULL);
	world->search = text_format("%s:%s/bin", world->front, world->scratch);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put_program(world, names[i], "\177ELF");
	put_program(world, "scripts/pahole-flags.sh", "#!/bin/sh\n");
	put_program(world, "scripts/pahole-version.sh", "#!/bin/sh\n");
	*state = world;
	return 0;
}

static int remove_world(void **state)
{
	struct world *world = *state;

	scratch_remove(&world->scratch);
	free(world->front);
	free(world->search);
	free(world);
	return 0;
}

static bool read_question(const struct world *world, const char *script, struct question *question)
{
	return question_read(script, world->search, world->front, question);
}

static void questions_of_kbuild_are_recognised(void **state)
{
	static const char *const scripts[] = {
		TRY("gcc-12 -Werror -c -x c /dev/null -o \"$TMP\""),
		TRY("x-ld -m elf_x86_64 -z noexecstack --no-warn-rwx-segments -v"),
		TRY("echo 'long long x; void f(void){x++;}' | " COMPILES "\"$TMP.base\" && "
		    "echo 'long long x;' | " COMPILES "\"$TMP\" && "
		    "x-nm \"$TMP.base\" | grep ' U ' > \"$TMP.ubase\" || true ; "
		    "nm \"$TMP\" | grep ' U ' > \"$TMP.utest\" || true ; "
		    "cmp -s \"$TMP.ubase\" \"$TMP.utest\""),
		"LC_ALL=C  gcc-12 --version 2>/dev/null | head -n 1",
	};
	const struct world *world = *state;
	cleanup(free_string) char *pahole = text_format("PAHOLE=pahole %s/scripts/pahole-flags.sh",
							world->scratch);
	struct question question;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		if (!read_question(world, scripts[i], &question))
			fail_msg("not taken for a question: %s", scripts[i]);
		assert_int_equal(question.is_probe, i == 0);
		assert_int_equal(question.is_try_run, i < 3);
	}
	assert_true(read_question(world, pahole, &question));
}

static void others_are_none(void **state)
{
	static const char *const scripts[] = {
		"echo",
		"cat x",
		"touch x",
		"nm x",
		"nm \"$TMP\"",
		"head -n 1",
		"grep x",
		"gcc-12 --version > x",
		"gcc-12 --version > \"$TMP\"",
		"gcc-12 --version |",
		"gcc-12 --version 2>",
		"gcc-12 --version 2>/dev/null x",
		"gcc-12 --version | head -n 1 x",
		"gcc-12 --version | grep x y",
		"X=y gcc-12 --version",
		"LC_ALL=C",
		"/usr/bin/gcc-12 --version",
		"missing --version",
		"gcc-12 -c -x c /dev/null -o x",
		"scripts/pahole-flags.sh",
		"/nowhere/scripts/pahole-flags.sh",
		TRY("x-ld -T script -v"),
		TRY("x-ld -Tx -v"),
		TRY("x-ld a.o -v"),
		TRY("x-ld --plugin x -v"),
		TRY("x-ld -v x"),
		TRY("nm x"),
		TRY("nm -D \"$TMP\""),
		TRY("cmp x \"$TMP\""),
		TRY("echo x > y"),
		TRY("echo -n x"),
		TRY("gcc-12 -w -x c - -c -o \"$TMP\""),
		TRY("echo x | gcc-12 -w -x c - -c -o y"),
		TRY("echo x | gcc-12 -w -I/evil -x c - -c -o \"$TMP\""),
		TRY("gcc-12 -w -ftest-coverage -c -x c /dev/null -o \"$TMP\""),
		TRY("gcc-12 -c -x c /dev/null -o \"$TMP\" && cat x"),
		TRY("echo x '>' \"$TMP\" y"),
		TRY("true > \"$TMP\" '>' y"),
	};
	const struct world *world = *state;
	struct question question;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		if (read_question(world, scripts[i], &question))
			fail_msg("taken for a question: %s", scripts[i]);
}

static bool have_same_key(const struct question *a, const struct question *b)
{
	return a->key.high == b->key.high && a->key.low == b->key.low;
}

static void a_key_says_who_is_asked_what(void **state)
{
	const struct world *world = *state;
	struct question first, again, changed;

	assert_true(read_question(world, TRY("ld -a -v"), &first));
	assert_true(read_question(world, TRY("ld -a -v"), &again));
	assert_true(have_same_key(&first, &again));
	assert_true(read_question(world, TRY("ld -b -v"), &changed));
	assert_false(have_same_key(&first, &changed));
	put_program(world, "bin/ld", "\177ELF 2");
	assert_true(read_question(world, TRY("ld -a -v"), &changed));
	assert_false(have_same_key(&first, &changed));
	put_program(world, "bin/ld", "#!/bin/sh\n");
	assert_false(read_question(world, TRY("ld -a -v"), &changed));
}

/* What one front has learned the other one knows. */
static void a_probe_has_the_compiler_fronts_key(void **state)
{
	const struct world *world = *state;
	cleanup(strv_free) struct strv words = {0};
	cleanup(free_string) char *compiler = path_join(world->scratch, "bin/gcc-12", NULL);
	struct question question;
	struct memory_key key;
	struct probe probe;

	strv_split(&words, "gcc-12 -mfentry -c -x c /dev/null -o /m/.tmp_7/tmp", " ");
	assert_true(probe_recognise(strv_argv(&words), &probe));
	assert_true(probe_make_key(strv_argv(&words), &probe, compiler, world->search, &key));
	assert_true(read_question(world, TRY("gcc-12 -mfentry -c -x c /dev/null -o \"$TMP\""),
				  &question));
	assert_true(question.is_probe);
	assert_true(question.key.high == key.high && question.key.low == key.low);
}

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

UNIT_MAIN(cmocka_unit_test_setup_teardown(questions_of_kbuild_are_recognised, make_world,
					  remove_world),
	  cmocka_unit_test_setup_teardown(others_are_none, make_world, remove_world),
	  cmocka_unit_test_setup_teardown(a_key_says_who_is_asked_what, make_world, remove_world),
	  cmocka_unit_test_setup_teardown(a_probe_has_the_compiler_fronts_key, make_world,
					  remove_world),
	  cmocka_unit_test(words_are_split_as_by_a_shell),
	  cmocka_unit_test(what_a_shell_would_expand_is_refused),
	  cmocka_unit_test(too_much_is_refused))
