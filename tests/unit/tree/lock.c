/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "base/interrupt.h"
#include "recorder.h"
#include "tree/lock.h"

#define LOCK "var/lib/dkms/.dkms/lock"

static struct tree_lock *take(const struct fixture *fixture)
{
	struct tree_lock *lock = NULL;
	struct error error = {0};

	if (tree_lock_take(&fixture->settings, "install foo/1.0", 0, NULL, &lock, &error) < 0)
		fail_msg("%s", error.message);
	return lock;
}

/* A process that is no ancestor of this one, holds the lock, and says so through a pipe. */
static pid_t start_holder(const struct fixture *fixture)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();

	if (pid == 0) {
		(void)take(fixture);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	return pid;
}

static void stop_holder(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void tree_that_cannot_be_made(void **state)
{
	const struct fixture *fixture = *state;
	struct tree_lock *lock = NULL;
	struct error error = {0};

	scratch_write(fixture->root, "var/lib", "a file");
	assert_int_equal(
		tree_lock_take(&fixture->settings, "install foo/1.0", 0, NULL, &lock, &error),
		-EEXIST);
	assert_error(&error, EXIT_USAGE, "var/lib/dkms cannot be changed: Cannot make");
	assert_null(lock);
}

static void tree_of_somebody_else(void **state)
{
	const struct fixture *fixture = *state;
	struct tree_lock *lock = NULL;
	struct error error = {0};

	if (geteuid() != 0)
		skip();
	scratch_directory(fixture->root, "var/lib/dkms");
	assert_int_equal(chmod(fixture->root, 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	int code = tree_lock_take(&fixture->settings, "install foo/1.0", 0, NULL, &lock, &error);

	assert_int_equal(seteuid(0), 0);
	assert_int_equal(code, -EACCES);
	assert_error(&error, EXIT_USAGE, "Permission denied");
}

static void lock_file_that_is_a_link(void **state)
{
	const struct fixture *fixture = *state;
	struct tree_lock *lock = NULL;
	struct error error = {0};

	scratch_symlink(fixture->root, LOCK, "elsewhere");
	assert_int_equal(
		tree_lock_take(&fixture->settings, "install foo/1.0", 0, NULL, &lock, &error),
		-ELOOP);
	assert_error(&error, EXIT_USAGE, "Cannot open");
}

static void held_lock_is_refused_by_name(void **state)
{
	const struct fixture *fixture = *state;
	struct tree_lock *lock = NULL;
	struct error error = {0};
	pid_t holder = start_holder(fixture);
	cleanup(free_string) char *who = text_format("process %d (install foo/1.0) holds it",
						     (int)holder);

	assert_true(tree_lock_take(&fixture->settings, "build bar/2.0", 0, NULL, &lock, &error) <
		    0);
	assert_error(&error, EXIT_LOCKED, who);
	assert_null(lock);
	stop_holder(holder);
}

static void timeout_ends_the_wait(void **state)
{
	const struct fixture *fixture = *state;
	struct recorder recorder = {.reporter.emit = recorder_emit};
	struct tree_lock *lock = NULL;
	struct error error = {0};
	pid_t holder = start_holder(fixture);
	cleanup(free_string) char *notice = text_format(
		"warning: Waiting for process %d (install foo/1.0), which holds %s.\n", (int)holder,
		fixture->settings.dkms_tree);

	assert_true(tree_lock_take(&fixture->settings, "build bar/2.0", 1, &recorder.reporter,
				   &lock, &error) < 0);
	assert_error(&error, EXIT_LOCKED, "still holds");
	assert_string_equal(recorder.text.data, notice);
	buffer_free(&recorder.text);
	stop_holder(holder);
}

static void signal_ends_the_wait(void **state)
{
	const struct fixture *fixture = *state;
	struct tree_lock *lock = NULL;
	struct error error = {0};
	pid_t holder = start_holder(fixture);

	assert_int_equal(interrupt_install(&error), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(
		tree_lock_take(&fixture->settings, "build bar/2.0", -1, NULL, &lock, &error),
		-EINTR);
	interrupt_reset();
	assert_error(&error, 128 + SIGTERM, "signal 15");
	stop_holder(holder);
}

static void dead_holder_is_no_holder(void **state)
{
	const struct fixture *fixture = *state;

	stop_holder(start_holder(fixture));
	struct tree_lock *lock = take(fixture);

	assert_false(tree_lock_is_shared(lock));
	tree_lock_release(lock);
}

static void holder_is_written_and_taken_back(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *path = fixture_path(fixture, LOCK);
	cleanup(free_string) char *held = NULL;
	cleanup(free_string) char *released = NULL;
	cleanup(free_string) char *line = text_format("%d install foo/1.0\n", (int)getpid());
	struct error error = {0};
	struct stat info;
	mode_t umask_before = umask(0);
	struct tree_lock *lock = take(fixture);

	(void)umask(umask_before);
	assert_int_equal(file_read(path, 100, &held, NULL, &error), 0);
	assert_true(text_starts_with(held, line));
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	tree_lock_release(lock);
	assert_int_equal(file_read(path, 100, &released, NULL, &error), 0);
	assert_string_equal(released, "");
	tree_lock_release(take(fixture));
}

/* 10: shared, 11: its own, 12: refused. */
static int exit_of_taker(const struct fixture *fixture)
{
	struct tree_lock *lock = NULL;
	struct error error = {0};

	if (tree_lock_take(&fixture->settings, "nested", 0, NULL, &lock, &error) < 0) {
		error_clear(&error);
		return 12;
	}
	int code = tree_lock_is_shared(lock) ? 10 : 11;

	tree_lock_release(lock);
	return code;
}

static void descendants_share_the_lock(void **state)
{
	const struct fixture *fixture = *state;
	struct tree_lock *lock = take(fixture);
	int status;
	pid_t child = fork();

	if (child == 0) {
		pid_t grandchild = fork();

		if (grandchild == 0)
			_exit(exit_of_taker(fixture));
		(void)waitpid(grandchild, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 10);
	tree_lock_release(lock);
}

/* The number of an ancestor alone proves nothing: another container counts its own. */
static void ancestor_of_the_same_number_is_not_the_holder(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *path = fixture_path(fixture, LOCK);
	cleanup(free_string) char *text = text_format("%d install foo/1.0\n1\n", (int)getppid());

	scratch_write(fixture->root, LOCK, text);
	cleanup(close_fd) int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(exit_of_taker(fixture), 12);
}

static void release_in_a_worker_keeps_the_lock(void **state)
{
	const struct fixture *fixture = *state;
	struct tree_lock *lock = take(fixture);
	cleanup(free_string) char *path = fixture_path(fixture, LOCK);
	int status;
	pid_t child = fork();

	if (child == 0) {
		tree_lock_release(lock);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	cleanup(close_fd) int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	tree_lock_release(lock);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
}

UNIT_MAIN(FIXTURE_TEST(tree_that_cannot_be_made), FIXTURE_TEST(tree_of_somebody_else),
	  FIXTURE_TEST(lock_file_that_is_a_link), FIXTURE_TEST(held_lock_is_refused_by_name),
	  FIXTURE_TEST(timeout_ends_the_wait), FIXTURE_TEST(signal_ends_the_wait),
	  FIXTURE_TEST(dead_holder_is_no_holder), FIXTURE_TEST(holder_is_written_and_taken_back),
	  FIXTURE_TEST(descendants_share_the_lock),
	  FIXTURE_TEST(ancestor_of_the_same_number_is_not_the_holder),
	  FIXTURE_TEST(release_in_a_worker_keeps_the_lock))
