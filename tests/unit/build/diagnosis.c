/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "scratch.h"
#include "build/diagnosis.h"

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

static void refused_writes_and_network(void **state)
{
	cleanup(diagnosis_free) struct diagnosis quiet = diagnose("a.c:1: error: 1\n");
	cleanup(diagnosis_free) struct diagnosis write = diagnose(
		"cp: cannot create regular file '/etc/x': Read-only file system\n"
		"touch: cannot touch '/opt/y': Permission denied\n");
	cleanup(diagnosis_free) struct diagnosis network = diagnose(
		"curl: (6) Could not resolve host: example.org\n");

	(void)state;
	assert_null(quiet.refused_write);
	assert_null(quiet.refused_network);
	assert_string_equal(write.refused_write,
			    "cp: cannot create regular file '/etc/x': Read-only file system");
	assert_null(write.refused_network);
	assert_string_equal(network.refused_network,
			    "curl: (6) Could not resolve host: example.org");
}

UNIT_MAIN(cmocka_unit_test(missing_log),
	  cmocka_unit_test(compiler_errors_come_before_those_of_make),
	  cmocka_unit_test(what_make_says_if_nobody_else_does),
	  cmocka_unit_test(own_lines_are_passed_over), cmocka_unit_test(only_the_first_few),
	  cmocka_unit_test(lines_are_made_safe_to_show),
	  cmocka_unit_test(refused_writes_and_network))
