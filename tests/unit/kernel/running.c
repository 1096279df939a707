/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"
#include "kernel/running.h"

static void no_install_tree_is_an_empty_list(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(settings_free) struct settings settings;
	cleanup(strv_free) struct strv releases = {0};
	struct error error = {0};

	settings_init(&settings, scratch);
	assert_int_equal(kernel_list_installed(&settings, &releases, &error), 0);
	assert_int_equal(releases.count, 0);
}

static void only_directories_count_in_version_order(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(settings_free) struct settings settings;
	cleanup(strv_free) struct strv releases = {0};
	struct error error = {0};

	settings_init(&settings, scratch);
	scratch_directory(scratch, "lib/modules/6.12.0-1-amd64");
	scratch_directory(scratch, "lib/modules/6.1.0-9-amd64");
	scratch_directory(scratch, "lib/modules/6.1.0-10-amd64");
	scratch_directory(scratch, "lib/modules/-odd");
	scratch_directory(scratch, "lib/modules/.hidden");
	scratch_write(scratch, "lib/modules/5.0-file", "");
	scratch_symlink(scratch, "lib/modules/5.10-link", "6.1.0-9-amd64");
	strv_add(&releases, "kept first");
	assert_int_equal(kernel_list_installed(&settings, &releases, &error), 0);
	cleanup(free_string) char *list = strv_join(&releases, " ");

	assert_string_equal(list,
			    "kept first 5.10-link 6.1.0-9-amd64 6.1.0-10-amd64 6.12.0-1-amd64");
}

static void the_running_kernel_is_what_proc_says(void **state)
{
	(void)state;
	cleanup(free_string) char *release = kernel_running_release();
	cleanup(free_string) char *arch = kernel_running_arch();
	cleanup(free_string) char *text = NULL;
	struct error error = {0};

	assert_int_equal(file_read("/proc/sys/kernel/osrelease", 4096, &text, NULL, &error), 0);
	cleanup(free_string) char *expected = text_trimmed(text);

	assert_string_equal(release, expected);
	assert_true(strlen(arch) > 0);
}

UNIT_MAIN(cmocka_unit_test(no_install_tree_is_an_empty_list),
	  cmocka_unit_test(only_directories_count_in_version_order),
	  cmocka_unit_test(the_running_kernel_is_what_proc_says))
