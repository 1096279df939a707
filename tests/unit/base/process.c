/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
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

static void the_locks_of_orphans_go_with_them(void **state)
{
	int lock = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int status = -1;

	(void)state;
	process_adopt_orphans();
	pid_t parent = fork();

	if (parent == 0) {
		int own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

		if (flock(own, LOCK_EX) == 0 && fork() == 0)
			(void)usleep(300000);
		_exit(0);
	}
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), -1);
	process_await_orphans(60000);
	assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
	(void)close(lock);
}

static void an_orphan_without_end_is_left_alone(void **state)
{
	int status = -1;

	(void)state;
	process_adopt_orphans();
	pid_t child = fork();

	if (child == 0)
		for (;;)
			(void)pause();
	process_await_orphans(20);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
}

UNIT_MAIN(cmocka_unit_test(statuses_of_every_kind_of_end),
	  cmocka_unit_test(a_missing_program_is_an_error),
	  cmocka_unit_test(the_time_limit_ends_the_whole_group),
	  cmocka_unit_test(output_is_bounded), cmocka_unit_test(the_child_starts_clean),
	  cmocka_unit_test(the_locks_of_orphans_go_with_them),
	  cmocka_unit_test(an_orphan_without_end_is_left_alone))
