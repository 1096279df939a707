/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "scratch.h"
#include "notebook.h"
#include "build/environment.h"

struct result {
	struct strv environment;
	struct notebook notebook;
};

static void result_free(struct result *result)
{
	strv_free(&result->environment);
	notebook_free(&result->notebook);
}

static struct result make(const struct settings *settings, const char *cc, const char *ld)
{
	const struct kernel_toolchain toolchain = {.cc = (char *)cc, .ld = (char *)ld};
	struct result result = {.notebook = notebook_new()};
	struct error error = {0};

	if (environment_make(settings, &toolchain, &result.environment, &result.notebook.reporter,
			     &error) < 0)
		fail_msg("%s", error.message);
	return result;
}

static const char *get(const struct result *result, const char *name)
{
	const char *value = environment_get(&result->environment, name);

	return value ? value : "(unset)";
}

static void leftovers_go(void **state)
{
	static const char *const names[] = {
		"CC",
		"CXX",
		"CFLAGS",
		"CXXFLAGS",
		"LDFLAGS",
		"MAKELEVEL",
		"MFLAGS",
		"MAKEFLAGS",
		"MAKEOVERRIDES",
		"sub_make_done",
		"srctree",
		"LLVM",
		"KBUILD_OUTPUT",
		"KBUILD_CFLAGS",
		"KBUILD_EXTMOD",
		"KBUILD_SIGN_PIN",
		"BASH_ENV",
		"KERNELRELEASE",
	};
	enum { COUNT = sizeof(names) / sizeof(*names) };
	const struct settings settings = {0};

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(setenv(names[i], "left", 1), 0);
	assert_int_equal(setenv("XZ", "xz", 1), 0); /* the kernel's Makefile exports it */
	cleanup(result_free) struct result result = make(&settings, NULL, NULL);

	for (size_t i = 0; i < COUNT; i++) {
		assert_string_equal(get(&result, names[i]), "(unset)");
		assert_int_equal(unsetenv(names[i]), 0);
	}
	assert_string_equal(get(&result, "XZ"), "(unset)");
	cleanup(result_free) struct result outside = make(&settings, NULL, NULL);

	assert_string_equal(get(&outside, "XZ"), "xz");
	assert_int_equal(unsetenv("XZ"), 0);
}

static void what_people_set_on_purpose_stays(void **state)
{
	const struct settings settings = {0};

	(void)state;
	assert_int_equal(setenv("KBUILD_BUILD_TIMESTAMP", "then", 1), 0);
	assert_int_equal(setenv("ARCH", "arm64", 1), 0);
	assert_int_equal(setenv("CCACHE_DIR", "/c", 1), 0);
	cleanup(result_free) struct result result = make(&settings, NULL, NULL);

	assert_string_equal(get(&result, "KBUILD_BUILD_TIMESTAMP"), "then");
	assert_string_equal(get(&result, "ARCH"), "arm64");
	assert_string_equal(get(&result, "CCACHE_DIR"), "/c");
	assert_string_equal(get(&result, "PATH"), getenv("PATH"));
	assert_int_equal(unsetenv("KBUILD_BUILD_TIMESTAMP"), 0);
	assert_int_equal(unsetenv("ARCH"), 0);
	assert_int_equal(unsetenv("CCACHE_DIR"), 0);
}

static void messages_are_english_in_the_users_charset(void **state)
{
	const struct settings settings = {0};

	(void)state;
	assert_int_equal(setenv("LC_ALL", "de_DE.UTF-8", 1), 0);
	cleanup(result_free) struct result result = make(&settings, NULL, NULL);

	assert_string_equal(get(&result, "LC_ALL"), "(unset)");
	assert_string_equal(get(&result, "LANG"), "de_DE.UTF-8");
	assert_string_equal(get(&result, "LC_MESSAGES"), "C");
	assert_int_equal(unsetenv("LC_ALL"), 0);
}

static void compiler_and_linker_of_the_kernel(void **state)
{
	const struct settings settings = {0};
	cleanup(result_free) struct result result = make(&settings, "gcc-12", "ld.lld");

	(void)state;
	assert_string_equal(get(&result, "CC"), "gcc-12");
	assert_string_equal(get(&result, "KERNEL_CC"), "gcc-12");
	assert_string_equal(get(&result, "LD"), "ld.lld");
	assert_string_equal(get(&result, "KERNEL_LD"), "ld.lld");
}

static void build_environment_that_is_no_file(void **state)
{
	const struct settings settings = {.build_environment = (char *)"/nonexistent/env"};
	cleanup(result_free) struct result result = make(&settings, NULL, NULL);

	(void)state;
	assert_string_equal(notebook_text(&result.notebook),
			    "W build_environment names /nonexistent/env, which is no file.\n");
}

static void build_environment_that_exits(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *file = path_join(scratch, "env", NULL);
	const struct settings settings = {.build_environment = file};

	(void)state;
	scratch_write(scratch, "env", "export A=1\nexit 3\n");
	cleanup(result_free) struct result result = make(&settings, "gcc", NULL);

	assert_non_null(strstr(notebook_text(&result.notebook), "status 3"));
	assert_string_equal(get(&result, "A"), "(unset)");
	assert_string_equal(get(&result, "CC"), "gcc");
}

static void build_environment_exports(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *file = path_join(scratch, "env", NULL);
	const struct settings settings = {.build_environment = file};

	(void)state;
	scratch_write(scratch, "env",
		      "export CC=my-gcc PATH=$PATH:/opt/bin\nexport LINES2='a\nb'\nHIDDEN=1\n"
		      "unset KERNEL_CC\necho noise\nfalse\n");
	cleanup(result_free) struct result result = make(&settings, "gcc", NULL);
	cleanup(free_string) char *path = text_format("%s:/opt/bin", getenv("PATH"));

	assert_string_equal(notebook_text(&result.notebook), "");
	assert_string_equal(get(&result, "CC"), "my-gcc");
	assert_string_equal(get(&result, "PATH"), path);
	assert_string_equal(get(&result, "LINES2"), "a\nb");
	assert_string_equal(get(&result, "HIDDEN"), "(unset)");
	assert_string_equal(get(&result, "KERNEL_CC"), "(unset)");
	assert_string_equal(get(&result, "SHLVL"), "(unset)");
}

static void directives_win(void **state)
{
	struct settings settings = {0};

	(void)state;
	strv_add(&settings.directives, "CC=from=directive");
	strv_add(&settings.directives, "MAKE[1]=make");
	strv_add(&settings.directives, "MAKE='/tmp/script'");
	strv_add(&settings.directives, "NOVALUE");
	strv_add(&settings.directives, "1X=y");
	cleanup(result_free) struct result result = make(&settings, "gcc", NULL);
	const char *item;

	strv_free(&settings.directives);
	assert_string_equal(get(&result, "CC"), "from=directive");
	assert_string_equal(get(&result, "MAKE"), "(unset)");
	STRV_FOREACH (item, &result.environment) {
		assert_false(text_starts_with(item, "MAKE["));
		assert_false(text_starts_with(item, "NOVALUE"));
		assert_false(text_starts_with(item, "1X"));
	}
}

UNIT_MAIN(cmocka_unit_test(leftovers_go), cmocka_unit_test(what_people_set_on_purpose_stays),
	  cmocka_unit_test(messages_are_english_in_the_users_charset),
	  cmocka_unit_test(compiler_and_linker_of_the_kernel),
	  cmocka_unit_test(build_environment_that_is_no_file),
	  cmocka_unit_test(build_environment_that_exits),
	  cmocka_unit_test(build_environment_exports), cmocka_unit_test(directives_win))
