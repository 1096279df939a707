/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/resource.h>
#include <unistd.h>

#include "kernel/module_files.h"

#include "fixture.h"

static void assert_found(struct module_files *files, const struct kernel *kernel, const char *name,
			 const char *expected)
{
	cleanup(strv_free) struct strv paths = {0};
	cleanup(free_string) char *below = NULL;
	struct error error = {0};
	size_t skipped = strlen(kernel->module_directory) + 1;

	assert_int_equal(module_files_find(files, kernel, name, &paths, &error), 0);
	for (size_t i = 0; i < paths.count; i++)
		memmove(paths.items[i], paths.items[i] + skipped,
			strlen(paths.items[i] + skipped) + 1);
	below = strv_join(&paths, " ");
	assert_string_equal(below, expected);
}

static void each_name_finds_its_files_in_byte_order(void **state)
{
	static const char *const present[] = {"updates/dkms/foo.ko", "kernel/foo.ko.xz",
					      "extra/foo.ko.gz",     "kernel/foo-bar.ko",
					      "kernel/foo.ko.ko",    "kernel/foo.ko.origin"};

	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	cleanup(module_files_free) struct module_files files = {0};

	for (size_t i = 0; i < sizeof(present) / sizeof(*present); i++) {
		cleanup(free_string) char *name = path_join(MODULES, present[i], NULL);

		scratch_write(scratch, name, "");
	}
	assert_found(&files, kernel, "foo", "extra/foo.ko.gz kernel/foo.ko.xz updates/dkms/foo.ko");
	assert_found(&files, kernel, "foo-bar", "kernel/foo-bar.ko");
	assert_found(&files, kernel, "foo.ko", "kernel/foo.ko.ko");
	assert_found(&files, kernel, "bar", "");
}

static void a_directory_is_walked_once(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	cleanup(module_files_free) struct module_files files = {0};
	cleanup(module_files_free) struct module_files anew = {0};

	scratch_write(scratch, MODULES "kernel/foo.ko", "");
	assert_found(&files, kernel, "foo", "kernel/foo.ko");
	scratch_write(scratch, MODULES "kernel/bar.ko", "");
	assert_found(&files, kernel, "bar", "");
	assert_found(&anew, kernel, "bar", "kernel/bar.ko");
}

static void kernels_are_kept_apart(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(scratch_remove) char *other_scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	cleanup(kernel_free_handler) struct kernel *other = open_kernel(other_scratch);
	cleanup(module_files_free) struct module_files files = {0};

	scratch_write(scratch, MODULES "kernel/foo.ko", "");
	scratch_write(other_scratch, MODULES "extra/foo.ko", "");
	assert_found(&files, kernel, "foo", "kernel/foo.ko");
	assert_found(&files, other, "foo", "extra/foo.ko");
	assert_found(&files, kernel, "foo", "kernel/foo.ko");
}

static void what_cannot_be_walked_is_asked_again(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	cleanup(module_files_free) struct module_files files = {0};
	cleanup(strv_free) struct strv paths = {0};
	struct error error = {0};

	scratch_write(scratch, "lib/modules/" RELEASE, "a file");
	assert_int_equal(module_files_find(&files, kernel, "foo", &paths, &error), -ENOTDIR);
	assert_error(&error, 0, "Cannot search ");
	assert_int_equal(unlink(kernel->module_directory), 0);
	scratch_write(scratch, MODULES "kernel/foo.ko", "");
	assert_found(&files, kernel, "foo", "kernel/foo.ko");
}

/* Without a descriptor no directory can be read. */
static int find_unread(const struct module_files *known, const struct kernel *kernel)
{
	cleanup(module_files_free) struct module_files files = {0};
	cleanup(strv_free) struct strv paths = {0};
	struct rlimit before;
	struct error error = {0};

	module_files_join(&files, known);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, before.rlim_max}), 0);
	int code = module_files_find(&files, kernel, "foo", &paths, &error);

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	error_clear(&error);
	return code < 0 ? code : (int)paths.count;
}

static void what_another_found_is_read_again_if_it_changed(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	cleanup(module_files_free) struct module_files hasty = {0};
	cleanup(module_files_free) struct module_files known = {0};
	cleanup(module_files_free) struct module_files files = {0};

	cleanup(free_string) char *gone = path_join(scratch, MODULES "kernel/a/foo.ko", NULL);

	scratch_write(scratch, MODULES "kernel/a/foo.ko", "");
	scratch_write(scratch, MODULES "kernel/b/foo.ko", "");
	module_files_note(&hasty, kernel);
	sleep(3); /* or the directories might have changed since, in the same instant */
	module_files_note(&known, kernel);
	assert_int_equal(find_unread(NULL, kernel), -EMFILE);
	assert_int_equal(find_unread(&hasty, kernel), -EMFILE);
	assert_int_equal(find_unread(&known, kernel), 2);

	scratch_write(scratch, MODULES "kernel/b/bar.ko", "");
	scratch_write(scratch, MODULES "kernel/b/c/baz.ko", "");
	assert_int_equal(unlink(gone), 0);
	module_files_join(&files, &known);
	assert_found(&files, kernel, "foo", "kernel/b/foo.ko");
	assert_found(&files, kernel, "bar", "kernel/b/bar.ko");
	assert_found(&files, kernel, "baz", "kernel/b/c/baz.ko");
}

static void nothing_is_found_without_a_directory(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	cleanup(strv_free) struct strv paths = {0};
	struct error error = {0};

	assert_int_equal(module_files_find_once(kernel, "foo", &paths, &error), 0);
	assert_int_equal(paths.count, 0);
}

static void an_unreadable_directory_is_an_error(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	cleanup(strv_free) struct strv paths = {0};
	struct error error = {0};

	scratch_write(scratch, "lib/modules/" RELEASE, "a file");
	assert_int_equal(module_files_find_once(kernel, "foo", &paths, &error), -ENOTDIR);
	assert_error(&error, 0, "Cannot search ");
}

static void modules_are_found_by_their_whole_name(void **state)
{
	static const char *const present[] = {
		"updates/dkms/foo.ko",  "kernel/drivers/foo.ko.xz", "extra/foo.ko.zst",
		"kernel/fs/foo.ko.gz",  "kernel/foo.ko.origin",     "kernel/foo.o",
		"kernel/foo2.ko",       "kernel/xfoo.ko",           "kernel/foo.kox",
		"kernel/foo.ko.xz.gz",  "kernel/.hidden/foo.ko",    "kernel/foo.ko.bz2",
		"updates/dkms/sub/foo", "weak-updates/a/foo.ko",
	};
	static const char *const expected[] = {"extra/foo.ko.zst",    "kernel/drivers/foo.ko.xz",
					       "kernel/fs/foo.ko.gz", "kernel/link/foo.ko",
					       "updates/dkms/foo.ko", "weak-updates/a/foo.ko"};

	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	cleanup(strv_free) struct strv paths = {0};
	struct error error = {0};

	for (size_t i = 0; i < sizeof(present) / sizeof(*present); i++) {
		cleanup(free_string) char *name = path_join(MODULES, present[i], NULL);

		scratch_write(scratch, name, "");
	}
	scratch_write(scratch, "headers/foo.ko", "");
	scratch_symlink(scratch, MODULES "build", "../../../headers");
	scratch_symlink(scratch, MODULES "kernel/link/foo.ko", "/nowhere/foo.ko");
	scratch_symlink(scratch, MODULES "weak-updates/foo.ko", "../../6.0/extra/foo.ko");
	scratch_directory(scratch, MODULES "kernel/foo.ko");

	assert_int_equal(module_files_find_once(kernel, "foo", &paths, &error), 0);
	assert_int_equal(paths.count, sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < paths.count; i++) {
		cleanup(free_string) char *path = path_join(kernel->module_directory, expected[i],
							    NULL);

		assert_string_equal(paths.items[i], path);
	}
}

UNIT_MAIN(cmocka_unit_test(each_name_finds_its_files_in_byte_order),
	  cmocka_unit_test(a_directory_is_walked_once), cmocka_unit_test(kernels_are_kept_apart),
	  cmocka_unit_test(what_cannot_be_walked_is_asked_again),
	  cmocka_unit_test(what_another_found_is_read_again_if_it_changed),
	  cmocka_unit_test(nothing_is_found_without_a_directory),
	  cmocka_unit_test(an_unreadable_directory_is_an_error),
	  cmocka_unit_test(modules_are_found_by_their_whole_name))
