/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/staging.h"
#include "scratch.h"

static void is_private_and_goes_with_all_it_holds(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct staging staging = {0};
	struct error error = {0};
	struct stat info;

	(void)state;
	assert_int_equal(staging_open(scratch, "test", &staging, &error), 0);
	assert_int_equal(stat(staging.path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0700);
	scratch_write(staging.path, "deep/er/file", "x");
	staging_close(&staging);
	assert_null(staging.path);
	assert_int_equal(rmdir(scratch), 0);
	assert_int_equal(mkdir(scratch, 0700), 0);
	staging_close(&staging);
}

static void a_missing_parent_is_an_error(void **state)
{
	struct staging staging = {0};
	struct error error = {0};

	(void)state;
	assert_int_equal(staging_open("/nowhere", "test", &staging, &error), -ENOENT);
	assert_error(&error, 0, "/nowhere");
	assert_null(staging.path);
}

/* Leaves a directory behind, as a process does that is killed. */
static void leave_behind(const char *scratch)
{
	struct staging staging = {0};
	struct error error = {0};
	pid_t pid = fork();

	if (pid == 0)
		_exit(staging_open(scratch, "test", &staging, &error) < 0);
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static size_t count_entries(const char *path)
{
	cleanup(closedir_handler) DIR *directory = opendir(path);
	size_t count = 0;

	while (readdir(directory))
		count++;
	return count - 2; /* "." and ".." */
}

static void sweeps_only_what_dead_owners_left(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct staging staging = {0}, second = {0};
	struct error error = {0};

	(void)state;
	scratch_directory(scratch, ".dkms-other-0123456789abcdef");
	leave_behind(scratch);
	assert_int_equal(count_entries(scratch), 2);
	assert_int_equal(staging_open(scratch, "test", &staging, &error), 0);
	assert_int_equal(count_entries(scratch), 2);
	assert_int_equal(staging_open(scratch, "test", &second, &error), 0);
	assert_int_equal(count_entries(scratch), 3);
	assert_true(file_is_directory(staging.path));
	staging_close(&staging);
	staging_close(&second);
	assert_int_equal(count_entries(scratch), 1);
}

/* In /tmp anybody can make a directory of such a name. */
static void leaves_what_a_stranger_made(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, ".dkms-test-0123456789abcdef", NULL);
	cleanup(free_string) char *file = path_join(path, "file", NULL);

	(void)state;
	if (geteuid() != 0)
		skip();
	scratch_write(path, "file", "x");
	assert_int_equal(chown(path, 65534, 65534), 0);
	staging_sweep(scratch, "test");
	assert_true(file_exists(file));
	assert_int_equal(chown(path, 0, 0), 0);
	staging_sweep(scratch, "test");
	assert_false(file_exists_nofollow(path));
}

UNIT_MAIN(cmocka_unit_test(is_private_and_goes_with_all_it_holds),
	  cmocka_unit_test(a_missing_parent_is_an_error),
	  cmocka_unit_test(sweeps_only_what_dead_owners_left),
	  cmocka_unit_test(leaves_what_a_stranger_made))
