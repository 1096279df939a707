/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <glob.h>
#include <sys/stat.h>

#include "fixture.h"
#include "kernel/kernel.h"
#include "notebook.h"

static int try_open(const char *release, const char *arch, struct error *error)
{
	cleanup(settings_free) struct settings settings;
	struct kernel_id id = {(char *)release, (char *)arch};
	struct kernel *kernel = NULL;

	settings_init(&settings, "");
	int code = kernel_open(&settings, &id, &kernel, error);

	assert_null(kernel);
	return code;
}

static void names_that_are_no_path_component_are_refused(void **state)
{
	static const char *const bad[] = {"../../etc", "6.1/x", ".", "-k", "6.1\n"};
	struct error error = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_true(try_open(bad[i], "x86_64", &error) < 0);
		assert_error(&error, EXIT_USAGE, "is no valid kernel release");
		assert_true(try_open("6.1", bad[i], &error) < 0);
		assert_error(&error, EXIT_USAGE, "is no valid architecture");
	}
}

static void empty_names_have_their_own_status(void **state)
{
	struct error error = {0};

	(void)state;
	assert_true(try_open("", "x86_64", &error) < 0);
	assert_error(&error, EXIT_EMPTY_KERNEL, "The kernel release is empty.");
	assert_true(try_open("6.1", "", &error) < 0);
	assert_error(&error, EXIT_EMPTY_KERNEL, "The architecture is empty.");
}

static void missing_headers_name_both_places_and_the_remedy(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	struct error error = {0};

	scratch_directory(scratch, MODULES "build/arch");
	assert_true(kernel_require_headers(kernel, "get-headers " RELEASE, &error) < 0);
	assert_non_null(strstr(error.message, "headers of kernel " RELEASE " cannot be found"));
	assert_non_null(strstr(error.message, kernel->source_directory));
	assert_non_null(strstr(error.message, MODULES "source"));
	assert_error(&error, EXIT_NO_HEADERS, "\"get-headers " RELEASE "\"");

	assert_true(kernel_require_headers(kernel, NULL, &error) < 0);
	assert_error(&error, EXIT_NO_HEADERS, "--kernelsourcedir");

	scratch_directory(scratch, MODULES "build/include");
	assert_int_equal(kernel_require_headers(kernel, NULL, &error), 0);
}

static void a_dangling_link_is_named_with_its_target(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	struct error error = {0};

	scratch_directory(scratch, MODULES);
	scratch_symlink(scratch, MODULES "build", "/usr/src/linux-headers-gone");
	assert_true(kernel_require_headers(kernel, NULL, &error) < 0);
	assert_non_null(strstr(error.message,
			       MODULES "source; the first is a link to "
				       "/usr/src/linux-headers-gone, which does not exist."));
	assert_error(&error, EXIT_NO_HEADERS, MODULES "build or ");
}

static void headers_of_another_release_are_told(void **state)
{
	static const char utsrelease[] = MODULES "build/include/generated/utsrelease.h";
	static const char release[] = MODULES "build/include/config/kernel.release";
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	cleanup(notebook_free) struct notebook notebook = notebook_new();

	(void)state;
	kernel_report_other_headers(kernel, &notebook.reporter);
	assert_null(kernel_headers_release(kernel->source_directory));
	scratch_write(scratch, utsrelease, "#define UTS_RELEASE \"" RELEASE "\"\n");
	scratch_write(scratch, release, "6.1.192\n"); /* as Debian has it */
	kernel_report_other_headers(kernel, &notebook.reporter);
	assert_string_equal(notebook_text(&notebook), "");
	scratch_write(scratch, utsrelease, "#define UTS_RELEASE \"4.0-y\"\n");
	kernel_report_other_headers(kernel, &notebook.reporter);
	assert_non_null(
		strstr(notebook_text(&notebook), "are those of kernel 4.0-y, not of " RELEASE));
	cleanup(free_string) char *found = kernel_headers_release(kernel->source_directory);

	assert_string_equal(found, "4.0-y");
}

static void named_headers_are_the_only_place(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(settings_free) struct settings settings;
	cleanup(kernel_free_handler) struct kernel *kernel = NULL;
	struct kernel_id id = {(char *)RELEASE, (char *)"x86_64"};
	struct error error = {0};

	settings_init(&settings, scratch);
	settings.kernel_source_dir = path_join(scratch, "elsewhere", NULL);
	scratch_directory(scratch, MODULES "build/include");
	assert_int_equal(kernel_open(&settings, &id, &kernel, &error), 0);
	assert_string_equal(kernel->source_directory, settings.kernel_source_dir);
	assert_true(kernel_require_headers(kernel, NULL, &error) < 0);
	assert_null(strstr(error.message, "/source"));
	assert_error(&error, EXIT_NO_HEADERS, "/elsewhere: it holds no directory \"include\"");
}

static void configuration_is_auto_conf_else_dot_config_unless_named(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *before = open_kernel(scratch);

	scratch_write(scratch, MODULES "build/include/config/auto.conf", "");
	cleanup(kernel_free_handler) struct kernel *after = open_kernel(scratch);
	cleanup(settings_free) struct settings settings;
	cleanup(kernel_free_handler) struct kernel *named = NULL;
	struct kernel_id id = {(char *)RELEASE, (char *)"x86_64"};
	struct error error = {0};

	settings_init(&settings, scratch);
	settings.kernel_config = path_join("/elsewhere/config", NULL);
	assert_int_equal(kernel_open(&settings, &id, &named, &error), 0);
	assert_true(text_ends_with(before->config_path, MODULES "build/.config"));
	assert_true(text_ends_with(after->config_path, MODULES "build/include/config/auto.conf"));
	assert_string_equal(named->config_path, "/elsewhere/config");
}

static void kernels_with_headers_are_listed(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(settings_free) struct settings settings;
	cleanup(strv_free) struct strv releases = {0};
	struct error error = {0};

	settings_init(&settings, scratch);
	assert_int_equal(kernel_list_with_headers(&settings, &releases, &error), 0);
	assert_int_equal(releases.count, 0);
	scratch_directory(scratch, "lib/modules/6.2/build/include");
	scratch_directory(scratch, "lib/modules/6.1/build/include");
	scratch_directory(scratch, "lib/modules/6.3/build");
	scratch_directory(scratch, "lib/modules/-rf/build/include");
	scratch_write(scratch, "lib/modules/6.4/build/include", "");
	scratch_write(scratch, "lib/modules/file", "");
	assert_int_equal(kernel_list_with_headers(&settings, &releases, &error), 0);
	cleanup(free_string) char *listed = strv_join(&releases, " ");

	assert_string_equal(listed, "6.1 6.2");
}

static void module_directory_is_required_only_on_demand(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(scratch);
	struct error error = {0};

	assert_true(kernel_require_module_directory(kernel, &error) < 0);
	assert_error(&error, EXIT_INSTALL, "kernel " RELEASE " is not installed");
	scratch_directory(scratch, MODULES);
	assert_int_equal(kernel_require_module_directory(kernel, &error), 0);
}

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

UNIT_MAIN(cmocka_unit_test(names_that_are_no_path_component_are_refused),
	  cmocka_unit_test(empty_names_have_their_own_status),
	  cmocka_unit_test(missing_headers_name_both_places_and_the_remedy),
	  cmocka_unit_test(a_dangling_link_is_named_with_its_target),
	  cmocka_unit_test(headers_of_another_release_are_told),
	  cmocka_unit_test(named_headers_are_the_only_place),
	  cmocka_unit_test(configuration_is_auto_conf_else_dot_config_unless_named),
	  cmocka_unit_test(kernels_with_headers_are_listed),
	  cmocka_unit_test(module_directory_is_required_only_on_demand),
	  cmocka_unit_test(a_missing_file_sets_nothing),
	  cmocka_unit_test(an_unreadable_file_is_told_when_asked),
	  cmocka_unit_test(a_file_beyond_all_measure_is_refused),
	  cmocka_unit_test(odd_lines_are_passed_over), cmocka_unit_test(values_come_without_quotes),
	  cmocka_unit_test(the_file_is_read_once),
	  cmocka_unit_test(both_forms_of_real_headers_agree),
	  cmocka_unit_test(no_install_tree_is_an_empty_list),
	  cmocka_unit_test(only_directories_count_in_version_order),
	  cmocka_unit_test(the_running_kernel_is_what_proc_says),
	  cmocka_unit_test(compression_without_any_hint_is_none),
	  cmocka_unit_test(compression_is_that_of_the_kernels_own_modules),
	  cmocka_unit_test(compression_comes_from_the_configuration_otherwise),
	  cmocka_unit_test(modules_dep_wins_over_the_configuration))
