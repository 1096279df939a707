/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "scratch.h"

static void reading_refuses_what_is_no_file_or_too_large(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *file = path_join(scratch, "file", NULL);
	cleanup(free_string) char *fifo = path_join(scratch, "fifo", NULL);
	struct error error = {0};
	char *data = NULL;

	(void)state;
	scratch_write(scratch, "file", "12345");
	assert_int_equal(file_read(file, 4, &data, NULL, &error), -EFBIG);
	assert_error(&error, 0, file);
	assert_int_equal(file_read(scratch, 100, &data, NULL, &error), -EISDIR);
	assert_error(&error, 0, scratch);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(file_read(fifo, 100, &data, NULL, &error), -EINVAL);
	assert_error(&error, 0, fifo);
	assert_int_equal(file_read("/nowhere", 100, &data, NULL, &error), -ENOENT);
	assert_error(&error, 0, "/nowhere: No such file");
	assert_null(data);
}

static void writing_replaces_and_leaves_nothing_behind(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *file = path_join(scratch, "file", NULL);
	cleanup(free_string) char *data = NULL;
	struct error error = {0};
	struct stat info;

	(void)state;
	scratch_write(scratch, "file", "old");
	mode_t mask = umask(0777);

	assert_int_equal(file_write(file, "new", 3, 0640, &error), 0);
	(void)umask(mask);
	assert_int_equal(file_read(file, 100, &data, NULL, &error), 0);
	assert_string_equal(data, "new");
	assert_int_equal(stat(file, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0640);
	assert_int_equal(file_unlink(file, &error), 0);
	assert_true(temporary_is_all_in(scratch));
}

/* Files of /proc say that they are empty. */
static void reading_goes_to_the_end_whatever_the_size(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *file = path_join(scratch, "file", NULL);
	cleanup(free_string) char *data = NULL;
	cleanup(free_string) char *maps = NULL;
	struct error error = {0};
	size_t length = 0;

	(void)state;
	scratch_write(scratch, "file", "four");
	assert_int_equal(file_read(file, 4, &data, &length, &error), 0);
	assert_int_equal(length, 4);
	assert_string_equal(data, "four");
	assert_int_equal(file_read("/proc/self/smaps", 1 << 20, &maps, &length, &error), 0);
	assert_true(length >= 4097 * 2 && length <= 1 << 20);
	assert_int_equal(strlen(maps), length);
	assert_int_equal(maps[length - 1], '\n');
	assert_int_equal(file_read("/proc/self/smaps", 5000, &maps, NULL, &error), -EFBIG);
	error_clear(&error);
}

static void writing_into_nowhere_names_the_path(void **state)
{
	struct error error = {0};

	(void)state;
	assert_int_equal(file_write("/nowhere/x", "", 0, 0644, &error), -ENOENT);
	assert_error(&error, 0, "/nowhere/x");
}

static void copying_keeps_mode_and_time_and_never_overwrites(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *from = path_join(scratch, "from", NULL);
	cleanup(free_string) char *to = path_join(scratch, "to", NULL);
	const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
	struct error error = {0};
	struct stat info;

	(void)state;
	scratch_write_bytes(scratch, "from", "a\0b", 3, 0751);
	assert_int_equal(utimensat(AT_FDCWD, from, times, 0), 0);
	assert_int_equal(file_copy(from, to, &error), 0);
	assert_true(file_same_content(from, to));
	assert_int_equal(stat(to, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0751);
	assert_int_equal(info.st_mtime, 2000);
	assert_int_equal(file_copy(from, to, &error), -EEXIST);
	assert_error(&error, 0, to);
}

static void links_are_replaced_by_rename(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *link = path_join(scratch, "link", NULL);
	struct error error = {0};

	(void)state;
	assert_int_equal(file_symlink("one", link, &error), 0);
	assert_int_equal(file_symlink("two", link, &error), 0);
	cleanup(free_string) char *target = file_readlink(link);

	assert_string_equal(target, "two");
	assert_true(file_exists_nofollow(link));
	assert_false(file_exists(link));
}

static void a_link_is_not_followed_where_none_may_be(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *file = path_join(scratch, "followed", NULL);
	cleanup(free_string) char *link = path_join(scratch, "follower", NULL);
	cleanup(free_string) char *data = NULL;
	struct error error = {0};

	(void)state;
	assert_int_equal(file_write(file, "text", 4, 0644, &error), 0);
	assert_int_equal(file_symlink("followed", link, &error), 0);
	assert_int_equal(file_read_nofollow(file, 4, &data, NULL, &error), 0);
	assert_string_equal(data, "text");
	assert_int_equal(file_read_nofollow(link, 4, &data, NULL, &error), -ELOOP);
	error_clear(&error);
}

UNIT_MAIN(cmocka_unit_test(reading_refuses_what_is_no_file_or_too_large),
	  cmocka_unit_test(writing_replaces_and_leaves_nothing_behind),
	  cmocka_unit_test(reading_goes_to_the_end_whatever_the_size),
	  cmocka_unit_test(writing_into_nowhere_names_the_path),
	  cmocka_unit_test(copying_keeps_mode_and_time_and_never_overwrites),
	  cmocka_unit_test(links_are_replaced_by_rename),
	  cmocka_unit_test(a_link_is_not_followed_where_none_may_be))
