/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "scratch.h"
#include "build/failure.h"

static struct diagnosis diagnose(const char *text)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "make.log", NULL);
	struct diagnosis found = {0};
	struct error error = {0};

	scratch_write(scratch, "make.log", text);
	if (diagnosis_read(path, &found, &error) < 0)
		fail_msg("%s", error.message);
	return found;
}

static void assert_errors(const char *text, const char *expected)
{
	cleanup(diagnosis_free) struct diagnosis found = diagnose(text);
	cleanup(free_string) char *joined = strv_join(&found.errors, "|");

	assert_string_equal(joined, expected);
}

static void missing_log(void **state)
{
	struct diagnosis found = {0};
	struct error error = {0};

	(void)state;
	assert_int_equal(diagnosis_read("/nonexistent/make.log", &found, &error), -ENOENT);
	assert_error(&error, 0, "/nonexistent/make.log");
}

static void compiler_errors_come_before_those_of_make(void **state)
{
	(void)state;
	assert_errors("make: Entering directory '/x'\n"
		      "/t/build/foo.c:3:10: fatal error: nope.h: No such file or directory\n"
		      "make[2]: *** [scripts/Makefile.build:250: foo.o] Error 1\n",
		      "/t/build/foo.c:3:10: fatal error: nope.h: No such file or directory");
	assert_errors("a.c:1:2: error: one\nERROR: modpost: \"x\" [a.ko] undefined!\n",
		      "a.c:1:2: error: one|ERROR: modpost: \"x\" [a.ko] undefined!");
}

/* A flood between the beginning and the end is not read at all. */
static void the_middle_of_a_long_log_is_passed_over(void **state)
{
	struct buffer log = {0};

	(void)state;
	buffer_add_text(&log, "a.c:1:2: error: first\n");
	while (log.length < (size_t)10 << 20)
		buffer_add_text(&log, "noise without end, as a build may make it\n");
	buffer_add_text(&log, "a.c:1:2: error: in the middle\n");
	while (log.length < (size_t)24 << 20)
		buffer_add_text(&log, "noise without end, as a build may make it\n");
	buffer_add_text(&log, "a.c:1:2: error: last\n");
	cleanup(free_string) char *text = buffer_take(&log);

	assert_errors(text, "a.c:1:2: error: first|a.c:1:2: error: last");
}

static void what_make_says_if_nobody_else_does(void **state)
{
	(void)state;
	assert_errors("make: *** No rule to make target 'all'.  Stop.\n",
		      "make: *** No rule to make target 'all'.  Stop.");
	assert_errors("bash: line 1: nonsense: command not found\n",
		      "bash: line 1: nonsense: command not found");
	assert_errors("everything is fine\n", "");
	assert_errors("", "");
}

static void own_lines_are_passed_over(void **state)
{
	(void)state;
	assert_errors("# command: echo 'a.c:1:2: error: no'\n", "");
}

static void only_the_first_few(void **state)
{
	(void)state;
	assert_errors("a.c:1: error: 1\na.c:2: error: 2\na.c:3: error: 3\na.c:4: error: 4\n"
		      "a.c:5: error: 5\na.c:6: error: 6\n",
		      "a.c:1: error: 1|a.c:2: error: 2|a.c:3: error: 3|a.c:4: error: 4|"
		      "a.c:5: error: 5");
}

static void lines_are_made_safe_to_show(void **state)
{
	cleanup(free_string) char *line = text_format("a.c:1: error: \033[31m%05000d\n", 0);
	cleanup(diagnosis_free) struct diagnosis found = diagnose(line);

	(void)state;
	assert_int_equal(found.errors.count, 1);
	assert_int_equal(strlen(found.errors.items[0]), 300);
	assert_null(strchr(found.errors.items[0], '\033'));
}

static void the_last_words_if_nothing_looks_like_an_error(void **state)
{
	(void)state;
	assert_errors("DKMS (dkms-4) make.log for foo/1\nMon Nov 23\n\nfirst\n# command: a\n"
		      "one\n# exit code: 0\n# elapsed time: 00:00:00\n"
		      "----------------------------------------------------------------\n"
		      "second\n# command: b\ntwo\n\nthree\nfour\nfive\n# exit code: 1\n"
		      "----------------------------------------------------------------\n",
		      "three|four|five");
}

static void what_is_said_twice_is_shown_once(void **state)
{
	(void)state;
	assert_errors("a.c:1: error: x\na.c:1: error: x\n", "a.c:1: error: x");
}

static void causes_are_found_in_every_line(void **state)
{
	cleanup(diagnosis_free) struct diagnosis quiet = diagnose("a.c:1:2: warning: 1\n");
	cleanup(diagnosis_free) struct diagnosis found = diagnose(
		"# command: echo No space left on device\n"
		"cp: cannot create regular file '/etc/x': Read-only file system\n"
		"touch: cannot touch '/opt/y': Permission denied\n"
		"# exit code: 137\n");

	(void)state;
	for (int i = 0; i < CAUSES; i++)
		assert_null(quiet.causes.items[i].line);
	assert_null(found.causes.items[CAUSE_DISK_FULL].line);
	assert_string_equal(found.causes.items[CAUSE_WRITE_REFUSED].line,
			    "cp: cannot create regular file '/etc/x': Read-only file system");
	assert_string_equal(found.causes.items[CAUSE_OUT_OF_MEMORY].line, "# exit code: 137");
}

UNIT_MAIN(cmocka_unit_test(the_middle_of_a_long_log_is_passed_over), cmocka_unit_test(missing_log),
	  cmocka_unit_test(compiler_errors_come_before_those_of_make),
	  cmocka_unit_test(what_make_says_if_nobody_else_does),
	  cmocka_unit_test(own_lines_are_passed_over), cmocka_unit_test(only_the_first_few),
	  cmocka_unit_test(lines_are_made_safe_to_show),
	  cmocka_unit_test(the_last_words_if_nothing_looks_like_an_error),
	  cmocka_unit_test(what_is_said_twice_is_shown_once),
	  cmocka_unit_test(causes_are_found_in_every_line))
