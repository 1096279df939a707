/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <glob.h>
#include <sys/stat.h>

#include "fixture.h"
#include "kernel/config.h"

#define CONFIG MODULES "build/.config"

static void a_missing_file_sets_nothing(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	struct error error = {0};

	assert_int_equal(kernel_load_config(kernel, &error), 0);
	assert_null(kernel_config_value(kernel, "CONFIG_MODULES"));
}

static void an_unreadable_file_is_told_when_asked(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	struct error error = {0};

	scratch_directory(scratch, CONFIG);
	assert_null(kernel_config_value(kernel, "CONFIG_MODULES"));
	assert_true(kernel_load_config(kernel, &error) < 0);
	assert_error(&error, 0, "configuration of kernel " RELEASE);
}

static void a_file_beyond_all_measure_is_refused(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	struct error error = {0};

	scratch_write(scratch, CONFIG, "CONFIG_MODULES=y\n");
	assert_int_equal(truncate(kernel->config_path, 9 << 20), 0);
	assert_null(kernel_config_value(kernel, "CONFIG_MODULES"));
	assert_int_equal(kernel_load_config(kernel, &error), -EFBIG);
	assert_error(&error, 0, "/build/.config");
}

static void odd_lines_are_passed_over(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);

	scratch_write(scratch, CONFIG,
		      "# CONFIG_A is not set\n#CONFIG_B=y\n=\n\nCONFIG_C\n CONFIG_D=y\nCOMFIG_G=y\n"
		      "CONFIG_E=\"\nCONFIG_F=\"open\nCONFIG_LAST=m");
	assert_null(kernel_config_value(kernel, "CONFIG_A"));
	assert_null(kernel_config_value(kernel, "CONFIG_B"));
	assert_null(kernel_config_value(kernel, "CONFIG_C"));
	assert_null(kernel_config_value(kernel, "CONFIG_D"));
	assert_null(kernel_config_value(kernel, "CONFIG_G"));
	assert_string_equal(kernel_config_value(kernel, "CONFIG_E"), "\"");
	assert_string_equal(kernel_config_value(kernel, "CONFIG_F"), "\"open");
	assert_string_equal(kernel_config_value(kernel, "CONFIG_LAST"), "m");
}

static void values_come_without_quotes(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);

	scratch_write(scratch, CONFIG,
		      "CONFIG_Y=y\r\nCONFIG_HEX=0x10\nCONFIG_EMPTY=\"\"\nCONFIG_NONE=\n"
		      "CONFIG_TEXT=\"a=b \\\"c\\\" \\\\d\"\nCONFIG_BARE=gcc-12 (Debian) 12.2.0\n"
		      "CONFIG_TWICE=y\nCONFIG_TWICE=m\n");
	assert_string_equal(kernel_config_value(kernel, "CONFIG_Y"), "y");
	assert_string_equal(kernel_config_value(kernel, "Y"), "y");
	assert_string_equal(kernel_config_value(kernel, "HEX"), "0x10");
	assert_string_equal(kernel_config_value(kernel, "EMPTY"), "");
	assert_string_equal(kernel_config_value(kernel, "NONE"), "");
	assert_string_equal(kernel_config_value(kernel, "TEXT"), "a=b \"c\" \\d");
	assert_string_equal(kernel_config_value(kernel, "BARE"), "gcc-12 (Debian) 12.2.0");
	assert_string_equal(kernel_config_value(kernel, "TWICE"), "m");
}

static void the_file_is_read_once(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);

	scratch_write(scratch, CONFIG, "CONFIG_A=y\n");
	assert_string_equal(kernel_config_value(kernel, "A"), "y");
	scratch_write(scratch, CONFIG, "CONFIG_A=m\n");
	assert_string_equal(kernel_config_value(kernel, "A"), "y");
}

/* auto.conf and .config of every kernel whose headers are here must agree on what is set. */
static void compare_both_forms(const char *headers)
{
	cleanup(free_string) char *automatic = path_join(headers, "include/config/auto.conf", NULL);
	cleanup(free_string) char *dotted = path_join(headers, ".config", NULL);
	struct kernel_config *a = NEW(struct kernel_config), *b = NEW(struct kernel_config);
	struct error error = {0};

	if (file_exists(automatic) && file_exists(dotted)) {
		assert_int_equal(kernel_config_load(a, automatic, &error), 0);
		assert_int_equal(kernel_config_load(b, dotted, &error), 0);
		assert_true(a->values.count > 1000);
		STRMAP_FOREACH (entry, &b->values)
			assert_string_equal(strmap_get(&a->values, entry->key), entry->value);
	}
	kernel_config_free(a);
	kernel_config_free(b);
}

static void both_forms_of_real_headers_agree(void **state)
{
	glob_t found;

	(void)state;
	if (glob("/usr/src/linux-headers-*/include/config", 0, NULL, &found) != 0)
		skip();
	for (size_t i = 0; i < found.gl_pathc; i++) {
		cleanup(free_string) char *include = path_parent(found.gl_pathv[i]);
		cleanup(free_string) char *headers = path_parent(include);

		compare_both_forms(headers);
	}
	globfree(&found);
}

UNIT_MAIN(cmocka_unit_test(a_missing_file_sets_nothing),
	  cmocka_unit_test(an_unreadable_file_is_told_when_asked),
	  cmocka_unit_test(a_file_beyond_all_measure_is_refused),
	  cmocka_unit_test(odd_lines_are_passed_over), cmocka_unit_test(values_come_without_quotes),
	  cmocka_unit_test(the_file_is_read_once),
	  cmocka_unit_test(both_forms_of_real_headers_agree))
