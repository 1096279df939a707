/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/stat.h>

#include "fixture.h"

static enum compression compression_with(const char *file, const char *text)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);

	scratch_write(scratch, file, text);
	return kernel_compression(kernel);
}

static void compression_without_any_hint_is_none(void **state)
{
	(void)state;
	assert_int_equal(compression_with(MODULES "modules.dep", ""), COMPRESSION_NONE);
	assert_int_equal(compression_with(MODULES "modules.dep", "\n\nno colon\nkernel/"),
			 COMPRESSION_NONE);
	assert_int_equal(compression_with(MODULES "build/.config", ""), COMPRESSION_NONE);
}

static void compression_is_that_of_the_kernels_own_modules(void **state)
{
	static const struct {
		const char *dep;
		enum compression expected;
	} cases[] = {
		{"kernel/fs/a.ko:\n", COMPRESSION_NONE},
		{"kernel/fs/a.ko.gz: kernel/b.ko.gz\n", COMPRESSION_GZIP},
		{"kernel/fs/a.ko.xz:\n", COMPRESSION_XZ},
		{"# comment\nupdates/dkms/x.ko.gz: kernel/b.ko.xz\nkernel/b.ko.zst:",
		 COMPRESSION_ZSTD},
		{"extra/x.ko.xz:\nkernel/fs/a.ko: extra/x.ko.xz\n", COMPRESSION_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(compression_with(MODULES "modules.dep", cases[i].dep),
				 cases[i].expected);
}

static void compression_comes_from_the_configuration_otherwise(void **state)
{
	static const char config[] = MODULES "build/.config";

	(void)state;
	assert_int_equal(compression_with(config, "CONFIG_MODULE_COMPRESS_NONE=y\n"),
			 COMPRESSION_NONE);
	assert_int_equal(compression_with(config, "CONFIG_MODULE_COMPRESS_GZIP=y\n"),
			 COMPRESSION_GZIP);
	assert_int_equal(compression_with(config, "CONFIG_MODULE_COMPRESS_XZ=y\n"), COMPRESSION_XZ);
	assert_int_equal(compression_with(config, "CONFIG_MODULE_COMPRESS_ZSTD=y\n"),
			 COMPRESSION_ZSTD);
}

static void modules_dep_wins_over_the_configuration(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);

	scratch_write(scratch, MODULES "build/.config", "CONFIG_MODULE_COMPRESS_XZ=y\n");
	scratch_write(scratch, MODULES "modules.dep", "kernel/a.ko:\n");
	assert_int_equal(kernel_compression(kernel), COMPRESSION_NONE);
	scratch_write(scratch, MODULES "modules.dep", "updates/a.ko:\n");
	assert_int_equal(kernel_compression(kernel), COMPRESSION_XZ);
}

static void nothing_is_found_without_a_directory(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	cleanup(strv_free) struct strv paths = {0};
	struct error error = {0};

	assert_int_equal(kernel_find_modules(kernel, "foo", &paths, &error), 0);
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
	assert_int_equal(kernel_find_modules(kernel, "foo", &paths, &error), -ENOTDIR);
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

	assert_int_equal(kernel_find_modules(kernel, "foo", &paths, &error), 0);
	assert_int_equal(paths.count, sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < paths.count; i++) {
		cleanup(free_string) char *path = path_join(kernel->module_directory, expected[i],
							    NULL);

		assert_string_equal(paths.items[i], path);
	}
}

UNIT_MAIN(cmocka_unit_test(compression_without_any_hint_is_none),
	  cmocka_unit_test(compression_is_that_of_the_kernels_own_modules),
	  cmocka_unit_test(compression_comes_from_the_configuration_otherwise),
	  cmocka_unit_test(modules_dep_wins_over_the_configuration),
	  cmocka_unit_test(nothing_is_found_without_a_directory),
	  cmocka_unit_test(an_unreadable_directory_is_an_error),
	  cmocka_unit_test(modules_are_found_by_their_whole_name))
