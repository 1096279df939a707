/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/staging.h"
#include "base/temporary.h"
#include "base/text.h"
#include "scratch.h"

static void random_names_differ(void **state)
{
	cleanup(free_string) char *one = temporary_path("/d", "x");
	cleanup(free_string) char *two = temporary_path("/d", "x");

	(void)state;
	assert_true(text_starts_with(one, "/d/.dkms-x-"));
	assert_string_not_equal(one, two);
	assert_true(temporary_is_random(path_basename(one)));
}

static void kinds_are_told_apart(void **state)
{
	cleanup(free_string) char *path = temporary_path_named("/d", "old", "3-ab");

	(void)state;
	assert_string_equal(path, "/d/.dkms-old3-ab");
	assert_true(temporary_is_any(".dkms-old3-ab"));
	assert_true(temporary_is(".dkms-old3-ab", "old"));
	assert_string_equal(temporary_ending(".dkms-old3-ab", "old"), "3-ab");
	assert_false(temporary_is(".dkms-old3-ab", "new"));
	assert_null(temporary_ending("dkms-old3-ab", "old"));
}

static void other_names_are_not_random_ones(void **state)
{
	static const char *const names[] = {
		"",
		"dkms-write-0123456789abcdef",
		".dkms-write-0123456789abcde",
		".dkms-write-0123456789ABCDEF",
		".dkms-write_0123456789abcdef",
		".dkms-write-0123456789abcdef~",
	};

	(void)state;
	assert_true(temporary_is_random(".dkms-write-0123456789abcdef"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_false(temporary_is_random(names[i]));
}

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

UNIT_MAIN(cmocka_unit_test(random_names_differ), cmocka_unit_test(kinds_are_told_apart),
	  cmocka_unit_test(other_names_are_not_random_ones),
	  cmocka_unit_test(is_private_and_goes_with_all_it_holds),
	  cmocka_unit_test(a_missing_parent_is_an_error),
	  cmocka_unit_test(sweeps_only_what_dead_owners_left))
