/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/stat.h>

#include "scratch.h"

static void lists_sorted_without_dot_names(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(strv_free) struct strv names = {0};
	cleanup(free_string) char *joined = NULL;
	struct error error = {0};

	(void)state;
	scratch_write(scratch, "b", "");
	scratch_write(scratch, "a", "");
	scratch_write(scratch, ".hidden", "");
	assert_int_equal(directory_list(scratch, &names, &error), 0);
	joined = strv_join(&names, " ");
	assert_string_equal(joined, "a b");
	assert_int_equal(directory_list("/nowhere", &names, &error), 0);
	assert_int_equal(names.count, 2);
}

static void copies_links_as_they_are_and_refuses_fifos(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *from = path_join(scratch, "from", NULL);
	cleanup(free_string) char *to = path_join(scratch, "to", NULL);
	cleanup(free_string) char *again = path_join(scratch, "again", NULL);
	cleanup(free_string) char *link = path_join(to, "sub/link", NULL);
	cleanup(free_string) char *fifo = path_join(from, "fifo", NULL);
	struct error error = {0};

	(void)state;
	scratch_write(scratch, "from/sub/file", "x");
	scratch_symlink(scratch, "from/sub/link", "/etc/passwd");
	assert_int_equal(directory_copy(from, to, &error), 0);
	cleanup(free_string) char *target = file_readlink(link);

	assert_string_equal(target, "/etc/passwd");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(directory_copy(from, again, &error), -EINVAL);
	assert_error(&error, 0, again);
}

static void removing_does_not_follow_links(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *victim = path_join(scratch, "victim", NULL);
	cleanup(free_string) char *kept = path_join(scratch, "kept/file", NULL);
	struct error error = {0};

	(void)state;
	scratch_write(scratch, "kept/file", "x");
	scratch_symlink(scratch, "victim/link", "../kept");
	scratch_write(scratch, "victim/deep/er/file", "x");
	assert_int_equal(directory_remove(victim, &error), 0);
	assert_false(file_exists_nofollow(victim));
	assert_true(file_exists(kept));
	assert_int_equal(directory_remove(victim, &error), 0);
}

static void pruning_stops_at_what_is_used_and_at_the_stop(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *deep = path_join(scratch, "a/b/c", NULL);
	cleanup(free_string) char *stop = path_join(scratch, "a", NULL);
	cleanup(free_string) char *middle = path_join(scratch, "a/b", NULL);

	(void)state;
	scratch_directory(scratch, "a/b/c");
	directory_prune(deep, stop);
	assert_false(file_exists(middle));
	assert_true(file_exists(stop));
	scratch_write(scratch, "a/b/file", "");
	scratch_directory(scratch, "a/b/c");
	directory_prune(deep, stop);
	assert_false(file_exists(deep));
	assert_true(file_exists(middle));
}

UNIT_MAIN(cmocka_unit_test(lists_sorted_without_dot_names),
	  cmocka_unit_test(copies_links_as_they_are_and_refuses_fifos),
	  cmocka_unit_test(removing_does_not_follow_links),
	  cmocka_unit_test(pruning_stops_at_what_is_used_and_at_the_stop))
