/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <signal.h>
#include <unistd.h>

#include "base/process.h"
#include "scratch.h"

static int capture(const char *script, int timeout, size_t limit, char **output, int *status,
		   struct error *error)
{
	char *const argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
	const struct process process = {.argv = argv, .timeout_seconds = timeout};

	return process_capture(&process, limit, output, NULL, status, error);
}

static void statuses_of_every_kind_of_end(void **state)
{
	static const struct {
		const char *script;
		int status;
	} cases[] = {{"exit 0", 0}, {"exit 77", 77}, {"kill -9 $$", 137}, {"kill -15 $$", 143}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *output = NULL;
		struct error error = {0};
		int status = -1;

		assert_int_equal(capture(cases[i].script, 0, 100, &output, &status, &error), 0);
		assert_int_equal(status, cases[i].status);
	}
}

static void a_missing_program_is_an_error(void **state)
{
	char *const argv[] = {(char *)"no-such-program", NULL};
	const struct process process = {.argv = argv};
	struct error error = {0};
	int status = -1;

	(void)state;
	assert_int_equal(process_run(&process, &status, &error), -ENOENT);
	assert_int_equal(status, -1);
	assert_error(&error, 0, "no-such-program");
}

static void the_time_limit_ends_the_whole_group(void **state)
{
	char *output = NULL;
	struct error error = {0};
	int status;

	(void)state;
	assert_int_equal(capture("sleep 100 & sleep 100", 1, 100, &output, &status, &error),
			 -ETIMEDOUT);
	assert_error(&error, 0, "1 seconds");
	assert_null(output);
}

static void output_is_bounded(void **state)
{
	char *output = NULL;
	struct error error = {0};
	int status;

	(void)state;
	assert_int_equal(capture("yes", 0, 10000, &output, &status, &error), -EFBIG);
	assert_error(&error, 0, "10000");
}

static void the_child_starts_clean(void **state)
{
	cleanup(free_string) char *output = NULL;
	struct error error = {0};
	sigset_t blocked;
	int status;

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &blocked, NULL);
	assert_int_equal(capture("umask; grep -c 'SigBlk:.0*$' /proc/self/status; cat", 0, 100,
				 &output, &status, &error),
			 0);
	(void)sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	assert_string_equal(output, "0022\n1\n");
}

UNIT_MAIN(cmocka_unit_test(statuses_of_every_kind_of_end),
	  cmocka_unit_test(a_missing_program_is_an_error),
	  cmocka_unit_test(the_time_limit_ends_the_whole_group),
	  cmocka_unit_test(output_is_bounded), cmocka_unit_test(the_child_starts_clean))
