/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "scratch.h"

#include <sys/stat.h>

#include "shim/behind.h"

static void the_next_one_on_the_path_is_found(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *front = path_join(scratch, "a/gcc", NULL);
	cleanup(free_string) char *real = path_join(scratch, "c/gcc", NULL);
	cleanup(free_string) char *search = text_format("a:%s/a:%s/b::%s/c", scratch, scratch,
							scratch);
	char path[PATH_MAX];
	struct stat self;

	(void)state;
	scratch_write_bytes(scratch, "a/gcc", "front", 5, 0755);
	scratch_write_bytes(scratch, "c/gcc", "real", 4, 0755);
	assert_int_equal(stat(front, &self), 0);
	assert_true(behind_search(search, "gcc", &self, path));
	assert_string_equal(path, real);
	assert_true(behind_search(search, "gcc", NULL, path));
	assert_string_equal(path, front);
	assert_false(behind_search(search, "clang", &self, path));
	assert_int_equal(chmod(real, 0644), 0);
	assert_false(behind_search(search, "gcc", &self, path));
}

UNIT_MAIN(cmocka_unit_test(the_next_one_on_the_path_is_found))
