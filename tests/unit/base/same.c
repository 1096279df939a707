/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/same.h"

#include "scratch.h"

enum { LONG = 50000 }; /* more than one chunk of reading */

/* Whether a and b below scratch are the same: by their bytes, and where times count as well. */
static void assert_same(const char *scratch, bool content, bool copy)
{
	cleanup(close_fd) int fd = open(scratch, O_PATH | O_CLOEXEC);

	assert_int_equal(same_content_at(fd, "a", fd, "b"), content);
	assert_int_equal(same_copy_at(fd, "a", fd, "b"), copy);
}

static void set_times(const char *scratch, const char *name, long nanoseconds)
{
	const struct timespec times[2] = {{1000, nanoseconds}, {1000, nanoseconds}};
	cleanup(free_string) char *path = path_join(scratch, name, NULL);

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A file of LONG bytes, one of which is another; none for LONG. */
static void write_long(const char *scratch, const char *name, size_t other)
{
	cleanup(free_string) char *bytes = xcalloc(LONG + 1, 1);

	bytes[other] = 'x';
	scratch_write_bytes(scratch, name, bytes, LONG, 0644);
}

static void bytes_decide(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	scratch_write(scratch, "a", "text");
	scratch_write(scratch, "b", "text");
	assert_same(scratch, true, true);
	scratch_write(scratch, "b", "test");
	assert_same(scratch, false, false);
	scratch_write(scratch, "b", "text and more");
	assert_same(scratch, false, false);
	scratch_write(scratch, "a", "");
	assert_same(scratch, false, false);
	scratch_write(scratch, "b", "");
	assert_same(scratch, true, true);
}

static void every_byte_of_a_long_file_counts(void **state)
{
	static const size_t places[] = {0, 16383, 16384, 40000, LONG - 1};
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		write_long(scratch, "a", places[i]);
		write_long(scratch, "b", places[i]);
		assert_same(scratch, true, true);
		write_long(scratch, "b", LONG);
		assert_same(scratch, false, false);
	}
}

static void a_time_to_the_nanosecond_makes_a_copy(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	scratch_write(scratch, "a", "text");
	scratch_write(scratch, "b", "test");
	set_times(scratch, "a", 7);
	set_times(scratch, "b", 7);
	assert_same(scratch, false, true);
	set_times(scratch, "b", 8);
	assert_same(scratch, false, false);
	set_times(scratch, "a", 0);
	set_times(scratch, "b", 0);
	assert_same(scratch, false, false);
}

static void links_are_followed(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	scratch_write(scratch, "a", "text");
	scratch_symlink(scratch, "b", "a");
	assert_same(scratch, true, true);
	scratch_symlink(scratch, "b", "nowhere");
	assert_same(scratch, false, false);
}

static void what_cannot_be_read_is_not_the_same(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *b = path_join(scratch, "b", NULL);

	(void)state;
	assert_same(scratch, false, false);
	scratch_write(scratch, "a", "text");
	assert_same(scratch, false, false);
	scratch_directory(scratch, "b");
	assert_same(scratch, false, false);
	assert_int_equal(rmdir(b), 0);
	assert_int_equal(mkfifo(b, 0600), 0);
	assert_same(scratch, false, false);
}

UNIT_MAIN(cmocka_unit_test(bytes_decide), cmocka_unit_test(every_byte_of_a_long_file_counts),
	  cmocka_unit_test(a_time_to_the_nanosecond_makes_a_copy),
	  cmocka_unit_test(links_are_followed),
	  cmocka_unit_test(what_cannot_be_read_is_not_the_same))
