/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
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

/* The child's own preparations are not beyond reach either. */
static int prepare_for_ever(void *context)
{
	(void)context;
	while (pause())
		;
	return 0;
}

static int run_unprepared(int timeout, struct error *error)
{
	char *const argv[] = {(char *)"true", NULL};
	const struct process process = {
		.argv = argv, .timeout_seconds = timeout, .prepare = prepare_for_ever};
	int status;

	return process_run(&process, &status, error);
}

static void the_time_limit_holds_before_the_program_starts(void **state)
{
	struct error error = {0};

	(void)state;
	assert_int_equal(run_unprepared(1, &error), -ETIMEDOUT);
	assert_error(&error, 0, "1 seconds");
}

static void signals_are_heard_before_the_program_starts(void **state)
{
	struct error error = {0};
	int status = -1;

	(void)state;
	pid_t dkms = fork();

	if (dkms == 0) {
		int code = interrupt_install(&error) < 0 || raise(SIGTERM) ? 1 : 0;

		if (!code)
			code = run_unprepared(0, &error);
		_exit(code == -EINTR && error.exit_status == 128 + SIGTERM ? 0 : 1);
	}
	assert_int_equal(waitpid(dkms, &status, 0), dkms);
	assert_int_equal(status, 0);
}

/* A program that is captured does not outlive whom it was to answer. */
static void captured_programs_end_with_this_process(void **state)
{
	int ends[2], status = -1;
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid_t dkms = fork();

	if (dkms == 0) {
		cleanup(free_string) char *script = text_format("echo >&%d; exec sleep 1000",
								ends[1]);
		char *output = NULL;
		struct error error = {0};

		(void)close(ends[0]);
		(void)capture(script, 0, 100, &output, &status, &error);
		_exit(1);
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(kill(dkms, SIGKILL), 0);
	assert_int_equal(waitpid(dkms, &status, 0), dkms);
	assert_int_equal(read(ends[0], &byte, 1), 0); /* nobody has the other end any more */
	(void)close(ends[0]);
}

/* Neither does what a program leaves running keep it from ending. */
static void a_capture_ends_with_its_program(void **state)
{
	cleanup(free_string) char *output = NULL;
	struct error error = {0};
	int status;

	(void)state;
	assert_int_equal(capture("sleep 1000 & echo $!", 0, 100, &output, &status, &error), 0);
	assert_int_equal(kill((pid_t)atoi(output), SIGKILL), 0);
}

/* Each /dev/null has the number that it is put at, and no other. */
static void no_second_descriptor_is_left(void **state)
{
	int lowest = dup(STDIN_FILENO);
	cleanup(free_string) char *number = text_format("%d", lowest);
	const char *argv[] = {"sh", "-c", "test ! -e /proc/self/fd/$1", "sh", number, NULL};
	const struct process process = {
		.argv = (char *const *)argv, .stdout_fd = -1, .stderr_fd = -1};
	struct error error = {0};
	int status = -1;

	(void)state;
	(void)close(lowest);
	assert_int_equal(process_run(&process, &status, &error), 0);
	assert_int_equal(status, 0);
}

UNIT_MAIN(cmocka_unit_test(no_second_descriptor_is_left),
	  cmocka_unit_test(statuses_of_every_kind_of_end),
	  cmocka_unit_test(a_missing_program_is_an_error),
	  cmocka_unit_test(the_time_limit_ends_the_whole_group),
	  cmocka_unit_test(output_is_bounded), cmocka_unit_test(the_child_starts_clean),
	  cmocka_unit_test(the_locks_of_orphans_go_with_them),
	  cmocka_unit_test(an_orphan_without_end_is_left_alone),
	  cmocka_unit_test(the_time_limit_holds_before_the_program_starts),
	  cmocka_unit_test(signals_are_heard_before_the_program_starts),
	  cmocka_unit_test(captured_programs_end_with_this_process),
	  cmocka_unit_test(a_capture_ends_with_its_program))
