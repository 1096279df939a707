/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "scratch.h"
#include "kernel/module_lists.h"

static void without_modules_dep_nothing_is_known(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct modules_dep dep = {0};
	struct error error = {0};

	assert_int_equal(modules_dep_read(scratch, &dep, &error), -ENOENT);
	assert_error(&error, 0, "modules.dep");
	assert_int_equal(dep.count, 0);
}

static void lines_that_are_none_are_passed_over(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(modules_dep_free) struct modules_dep dep = {0};
	struct error error = {0};

	scratch_write(scratch, "modules.dep", "no colon\n\nkernel/a.ko:");
	assert_int_equal(modules_dep_read(scratch, &dep, &error), 0);
	assert_int_equal(dep.count, 1);
	assert_string_equal(modules_dep_find(&dep, "a")->dependencies, "");
	assert_false(modules_dep_is_builtin(&dep, "a"));
}

static void modules_are_found_by_any_form_of_their_name(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(modules_dep_free) struct modules_dep dep = {0};
	struct error error = {0};

	scratch_write(scratch, "modules.dep",
		      "kernel/fs/foo-bar.ko.xz: kernel/a.ko updates/b.ko\nkernel/a.ko:\n");
	scratch_write(scratch, "modules.builtin", "kernel/lib/crc-32.ko\n");
	assert_int_equal(modules_dep_read(scratch, &dep, &error), 0);
	assert_int_equal(dep.count, 2);
	const struct listed_module *module = modules_dep_find(&dep, "updates/foo_bar.ko");

	assert_string_equal(module->path, "kernel/fs/foo-bar.ko.xz");
	assert_string_equal(module->dependencies, "kernel/a.ko updates/b.ko");
	assert_ptr_equal(modules_dep_find(&dep, "foo-bar"), module);
	assert_null(modules_dep_find(&dep, "foo"));
	assert_true(modules_dep_is_builtin(&dep, "crc_32"));
	assert_false(modules_dep_is_builtin(&dep, "foo_bar"));
}

/* modules.order names files without the suffix of a compression. */
static void the_first_module_that_is_there_is_found(void **state)
{
	static const char *const suffixes[] = {"", ".gz", ".xz", ".zst"};

	(void)state;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		cleanup(scratch_remove) char *scratch = scratch_make();
		cleanup(free_string) char *name = text_format("kernel/b.ko%s", suffixes[i]);
		cleanup(free_string) char *file = path_join(scratch, name, NULL);

		assert_null(modules_order_first(scratch));
		scratch_write(scratch, "modules.order", "\nkernel/a.ko\nkernel/b.ko\n");
		assert_null(modules_order_first(scratch));
		scratch_write(scratch, name, "");
		cleanup(free_string) char *found = modules_order_first(scratch);

		assert_string_equal(found, file);
		assert_false(modules_order_is_gone(scratch, 0));
	}
}

/* Debian's headers bring modules.order since 14: alone it does not say that there was a kernel. */
static void a_kernel_with_headers_is_there(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *build = path_join(scratch, "build", NULL);

	(void)state;
	scratch_write(scratch, "modules.order", "kernel/a.ko\nkernel/b.ko\n");
	assert_true(modules_order_is_gone(scratch, 0));
	assert_false(modules_order_is_gone(scratch, 2));
	assert_int_equal(symlink("nowhere", build), 0);
	assert_true(modules_order_is_gone(scratch, 0));
	assert_int_equal(unlink(build), 0);
	scratch_directory(scratch, "build");
	assert_false(modules_order_is_gone(scratch, 0));
}

UNIT_MAIN(cmocka_unit_test(a_kernel_with_headers_is_there),
	  cmocka_unit_test(without_modules_dep_nothing_is_known),
	  cmocka_unit_test(lines_that_are_none_are_passed_over),
	  cmocka_unit_test(the_first_module_that_is_there_is_found),
	  cmocka_unit_test(modules_are_found_by_any_form_of_their_name))
