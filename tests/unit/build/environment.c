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

static struct policy policy;
static struct kernel_toolchain toolchain;
static const char *command;

/* For what policy, toolchain and command say. */
static struct result make_environment(const struct settings *settings)
{
	static const struct module_id id = {(char *)"foo", (char *)"1.0"};
	static const struct kernel_id kernel = {(char *)"6.1.0", (char *)"riscv"};
	const struct environment_request request = {.settings = settings,
						    .policy = &policy,
						    .toolchain = &toolchain,
						    .id = &id,
						    .kernel = &kernel,
						    .command = command};
	struct result result = {.notebook = notebook_new()};
	struct error error = {0};

	if (environment_make(&request, &result.environment, &result.notebook.reporter, &error) < 0)
		fail_msg("%s", error.message);
	return result;
}

static struct result make(const struct settings *settings, const char *cc, const char *ld)
{
	toolchain = (struct kernel_toolchain){.cc = (char *)cc, .ld = (char *)ld};
	return make_environment(settings);
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
		"ARCH",
		"SUBARCH",
		"CROSS_COMPILE",
		"KCFLAGS",
		"KAFLAGS",
		"KBUILD_BUILD_TIMESTAMP",
		"KBUILD_EXTRA_SYMBOLS",
		"KBUILD_MODPOST_WARN",
		"INSTALL_MOD_PATH",
		"LLVM_IAS",
		"dkms_tree",
		"BASH_FUNC_make%%",
	};
	enum { COUNT = sizeof(names) / sizeof(*names) };
	const struct settings settings = {0};

	(void)state;
	policy.build_sandbox = SANDBOX_NO; /* a cage keeps out all the more */
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
	policy.build_sandbox = SANDBOX_YES;
}

static void set_all(const char *const (*variables)[2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(setenv(variables[i][0], variables[i][1], 1), 0);
}

static void unset_all(const char *const (*variables)[2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(unsetenv(variables[i][0]), 0);
}

static void a_cage_lets_little_in(void **state)
{
	static const char *const kept[][2] = {{"CCACHE_DIR", "/c"},
					      {"IGNORE_CC_MISMATCH", "1"},
					      {"SOURCE_DATE_EPOCH", "5"},
					      {"TZ", "UTC"}};
	static const char *const kept_out[][2] = {{"AWS_SECRET_ACCESS_KEY", "s"},
						  {"SSH_AUTH_SOCK", "/s"},
						  {"LD_PRELOAD", ""},
						  {"CPATH", "/include"},
						  {"anything", "else"}};
	static const char *const proxy[][2] = {{"https_proxy", "http://me:secret@proxy"}};
	const struct settings settings = {0};

	(void)state;
	set_all(kept, 4);
	set_all(kept_out, 5);
	set_all(proxy, 1);
	cleanup(result_free) struct result caged = make(&settings, NULL, NULL);

	policy.build_network = true;
	cleanup(result_free) struct result online = make(&settings, NULL, NULL);

	policy.build_network = false;
	policy.build_sandbox = SANDBOX_NO;
	cleanup(result_free) struct result free_one = make(&settings, NULL, NULL);

	policy.build_sandbox = SANDBOX_YES;
	unset_all(kept, 4);
	unset_all(kept_out, 5);
	unset_all(proxy, 1);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(get(&caged, kept[i][0]), kept[i][1]);
		assert_string_equal(get(&free_one, kept[i][0]), kept[i][1]);
	}
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(get(&caged, kept_out[i][0]), "(unset)");
		assert_string_equal(get(&free_one, kept_out[i][0]), kept_out[i][1]);
	}
	assert_string_equal(get(&caged, "https_proxy"), "(unset)");
	assert_string_equal(get(&online, "https_proxy"), "http://me:secret@proxy");
	assert_string_equal(get(&caged, "PATH"), getenv("PATH"));
}

static void the_kernel_and_the_module_are_named(void **state)
{
	static const char *const callers[][2] = {{"kernelver", "x"}, {"module", "x"}};
	struct settings settings = {0};

	(void)state;
	strv_add(&settings.directives, "arch=x");
	set_all(callers, 2);
	cleanup(result_free) struct result result = make(&settings, NULL, NULL);

	unset_all(callers, 2);
	strv_free(&settings.directives);
	assert_string_equal(get(&result, "kernelver"), "6.1.0");
	assert_string_equal(get(&result, "arch"), "riscv");
	assert_string_equal(get(&result, "module"), "foo");
	assert_string_equal(get(&result, "module_version"), "1.0");
}

static void llvm_unless_somebody_chose_a_compiler(void **state)
{
	static const char *const cases[][3] = {
		/* MAKE, --directive, LLVM */
		{NULL, NULL, "1"},
		{"make all", NULL, "1"},
		{"if true; then make; fi", NULL, "1"},
		{"make HOSTCC=gcc KERNEL_CC=gcc LLVM_IAS=1", NULL, "1"},
		{"make CC=gcc all", NULL, "(unset)"},
		{"CC=gcc make all", NULL, "(unset)"},
		{"make all 'CC=gcc -O1'", NULL, "(unset)"},
		{"make LLVM=-15", NULL, "(unset)"},
		{"export LLVM=0; make", NULL, "(unset)"},
		{NULL, "LLVM=-16", "-16"},
		{NULL, "CC=gcc", "(unset)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct settings settings = {0};

		if (cases[i][1])
			strv_add(&settings.directives, cases[i][1]);
		toolchain = (struct kernel_toolchain){.cc = (char *)"clang-15", .clang = true};
		command = cases[i][0];
		cleanup(result_free) struct result result = make_environment(&settings);

		assert_string_equal(get(&result, "LLVM"), cases[i][2]);
		strv_free(&settings.directives);
	}
	command = NULL;
}

static void build_environment_lets_in_what_it_exports(void **state)
{
	static const char *const callers[][2] = {{"KCFLAGS", "-O1"},
						 {"TOKEN", "secret"},
						 {"ARCH", "arm64"},
						 {"KBUILD_SIGN_PIN", "1234"}};
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *file = path_join(scratch, "env", NULL);
	const struct settings settings = {.build_environment = file};

	(void)state;
	scratch_write(
		scratch, "env",
		"export KCFLAGS\nexport CROSS_COMPILE=$ARCH-linux-\nexport KBUILD_SIGN_PIN\n");
	set_all(callers, 4);
	cleanup(result_free) struct result result = make(&settings, NULL, NULL);

	unset_all(callers, 4);
	assert_string_equal(get(&result, "KCFLAGS"), "-O1");
	assert_string_equal(get(&result, "CROSS_COMPILE"), "arm64-linux-");
	assert_string_equal(get(&result, "TOKEN"), "(unset)");
	assert_string_equal(get(&result, "ARCH"), "(unset)");
	assert_string_equal(get(&result, "KBUILD_SIGN_PIN"), "(unset)");
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

UNIT_MAIN(cmocka_unit_test(leftovers_go), cmocka_unit_test(a_cage_lets_little_in),
	  cmocka_unit_test(the_kernel_and_the_module_are_named),
	  cmocka_unit_test(llvm_unless_somebody_chose_a_compiler),
	  cmocka_unit_test(build_environment_lets_in_what_it_exports),
	  cmocka_unit_test(messages_are_english_in_the_users_charset),
	  cmocka_unit_test(compiler_and_linker_of_the_kernel),
	  cmocka_unit_test(build_environment_that_is_no_file),
	  cmocka_unit_test(build_environment_that_exits),
	  cmocka_unit_test(build_environment_exports), cmocka_unit_test(directives_win))
