/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "kernel/index.h"
#include "scratch.h"

static void expect(const char *scratch, const char *name, const char *content)
{
	cleanup(free_string) char *path = path_join(scratch, name, NULL);
	cleanup(free_string) char *data = NULL;
	struct error error = {0};

	assert_int_equal(file_read(path, 100, &data, NULL, &error), 0);
	assert_string_equal(data, content);
}

static void what_depmod_spoilt_comes_back(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *fresh = path_join(scratch, "modules.new", NULL);
	struct kept_index kept;
	struct error error = {0};

	(void)state;
	scratch_write(scratch, "modules.dep", "old");
	scratch_write(scratch, "modules.alias", "same");
	scratch_write(scratch, "other", "x");
	assert_int_equal(index_keep(scratch, &kept, &error), 0);
	scratch_write(scratch, "modules.dep", "");
	scratch_write(scratch, "modules.new", "half");
	assert_int_equal(index_restore(&kept, &error), 0);
	expect(scratch, "modules.dep", "old");
	expect(scratch, "modules.alias", "same");
	expect(scratch, "other", "x");
	assert_false(file_exists(fresh));
	cleanup(strv_free) struct strv left = {0};

	assert_int_equal(directory_list(scratch, &left, &error), 0);
	assert_int_equal(left.count, 3);
}

static void forgetting_and_sweeping_leave_nothing(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct kept_index dead, kept;
	struct error error = {0};

	(void)state;
	scratch_write(scratch, "modules.dep", "old");
	assert_int_equal(index_keep(scratch, &dead, &error), 0);
	cleanup(free_string) char *left = text_format("%s", dead.directory);

	assert_int_equal(index_keep(scratch, &kept, &error), 0);
	assert_false(file_exists(left));
	scratch_write(scratch, "modules.dep", "new");
	assert_int_equal(index_forget(&kept, &error), 0);
	expect(scratch, "modules.dep", "new");
	assert_int_equal(index_forget(&dead, &error), 0);
}

static void a_directory_that_cannot_be_written_is_named(void **state)
{
	struct kept_index kept;
	struct error error = {0};

	(void)state;
	assert_true(index_keep("/nowhere", &kept, &error) < 0);
	assert_error(&error, 0, "/nowhere");
}

UNIT_MAIN(cmocka_unit_test(what_depmod_spoilt_comes_back),
	  cmocka_unit_test(forgetting_and_sweeping_leave_nothing),
	  cmocka_unit_test(a_directory_that_cannot_be_written_is_named))
