/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"
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

UNIT_MAIN(cmocka_unit_test(names_that_are_no_path_component_are_refused),
	  cmocka_unit_test(empty_names_have_their_own_status),
	  cmocka_unit_test(missing_headers_name_both_places_and_the_remedy),
	  cmocka_unit_test(a_dangling_link_is_named_with_its_target),
	  cmocka_unit_test(headers_of_another_release_are_told),
	  cmocka_unit_test(named_headers_are_the_only_place),
	  cmocka_unit_test(configuration_is_auto_conf_else_dot_config_unless_named),
	  cmocka_unit_test(kernels_with_headers_are_listed),
	  cmocka_unit_test(module_directory_is_required_only_on_demand))
