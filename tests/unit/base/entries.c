/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <fcntl.h>

#include "base/entries.h"

#include "scratch.h"

static void every_name_comes_once(void **state)
{
	enum { COUNT = 1000 }; /* more than fit into the buffer */
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(strv_free) struct strv names = {0};
	struct entries entries;
	const struct dirent64 *entry;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		cleanup(free_string) char *name = text_format("a name of some length %d", i);
		cleanup(free_string) char *path = path_join(scratch, name, NULL);
		int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		assert_int_equal(close(fd), 0);
	}
	assert_int_equal(entries_open(&entries, AT_FDCWD, scratch), 0);
	while ((entry = entries_next(&entries)))
		strv_add(&names, entry->d_name);
	assert_int_equal(entries_close(&entries), 0);
	assert_int_equal(names.count, COUNT);
	strv_sort(&names);
	for (size_t i = 1; i < names.count; i++)
		assert_string_not_equal(names.items[i - 1], names.items[i]);
}

static void dot_names_come_but_dots_do_not(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct entries entries;

	(void)state;
	scratch_write(scratch, ".hidden", "");
	assert_int_equal(entries_open(&entries, AT_FDCWD, scratch), 0);
	const struct dirent64 *entry = entries_next(&entries);

	assert_non_null(entry);
	assert_string_equal(entry->d_name, ".hidden");
	assert_null(entries_next(&entries));
	assert_null(entries_next(&entries));
	assert_int_equal(entries_close(&entries), 0);
}

static void directories_and_links_to_them_are_told_from_the_rest(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct entries entries;
	const struct dirent64 *entry;
	size_t directories = 0;

	(void)state;
	scratch_directory(scratch, "parent/directory");
	scratch_write(scratch, "parent/file", "");
	scratch_symlink(scratch, "parent/link", "directory");
	scratch_symlink(scratch, "parent/link-to-file", "file");
	scratch_symlink(scratch, "parent/dangling", "nowhere");
	cleanup(close_fd) int fd = open(scratch, O_PATH | O_CLOEXEC);

	assert_int_equal(entries_open(&entries, fd, "parent"), 0);
	while ((entry = entries_next(&entries)))
		if (entries_is_directory(&entries, entry)) {
			assert_true(text_equal(entry->d_name, "directory") ||
				    text_equal(entry->d_name, "link"));
			directories++;
		}
	assert_int_equal(entries_close(&entries), 0);
	assert_int_equal(directories, 2);
}

static void what_is_no_directory_cannot_be_opened(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *file = path_join(scratch, "file", NULL);
	struct entries entries;

	(void)state;
	scratch_write(scratch, "file", "");
	assert_int_equal(entries_open(&entries, AT_FDCWD, file), -ENOTDIR);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(entries_open(&entries, AT_FDCWD, file), -ENOENT);
}

UNIT_MAIN(cmocka_unit_test(every_name_comes_once), cmocka_unit_test(dot_names_come_but_dots_do_not),
	  cmocka_unit_test(directories_and_links_to_them_are_told_from_the_rest),
	  cmocka_unit_test(what_is_no_directory_cannot_be_opened))
