/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"
#include "kernel/kernelvariables.h"

/* What CC is by this file; the caller owns it. */
static char *cc_of(const char *text)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, ".kernelvariables", NULL);

	scratch_write(scratch, ".kernelvariables", text);
	return kernelvariables_value(path, "CC");
}

static void assert_cc(const char *text, const char *expected)
{
	cleanup(free_string) char *cc = cc_of(text);

	if (expected)
		assert_string_equal(cc, expected);
	else
		assert_null(cc);
}

static void no_file_no_compiler(void **state)
{
	(void)state;
	assert_null(kernelvariables_value("/nonexistent/.kernelvariables", "CC"));
	assert_null(kernelvariables_value("/", "CC"));
}

static void what_only_make_understands_gives_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"CC\n",
		"CC =\n",
		"CC =  \n",
		"=gcc\n",
		"CC != echo gcc\n",
		"CC += gcc\n",
		"\tCC = gcc\n",
		"# CC = gcc\n",
		"XCC = gcc\n",
		"CC = $(shell touch /tmp/x; echo gcc)\n",
		"CC = $(or $(A),gcc)\n",
		"CC = $(CC:a=b)\n",
		"CC = $($(A))\n",
		"CC = $(firstword gcc clang)\n",
		"CC = $(A\n",
		"CC = gcc $\n",
		"CC = $@\n",
		"CC = $(if a)\n",
		"CC = $(CC)\n",
		"CC = $(A)\nA = $(B)\nB = $(A)\n",
		"ifdef X\nCC = gcc\nendif\n",
		"ifeq (a,a)\nifneq (b,b)\nendif\nCC = gcc\nelse\nCC = clang\nendif\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_cc(bad[i], NULL);
}

static void endless_and_exploding_references_end(void **state)
{
	cleanup(buffer_free) struct buffer text = {0};

	(void)state;
	buffer_add_text(&text, "CC = $(V0)\n");
	for (int i = 0; i < 20; i++) {
		buffer_add_format(&text, "V%d = ", i);
		for (int j = 0; j < 50; j++)
			buffer_add_format(&text, "$(V%d)", i + 1);
		buffer_add_char(&text, '\n');
	}
	assert_cc(text.data, NULL);
}

static void oversized_values_and_files_are_refused(void **state)
{
	cleanup(buffer_free) struct buffer text = {0};

	(void)state;
	buffer_add_text(&text, "CC = ");
	for (int i = 0; i < 5000; i++)
		buffer_add_char(&text, 'x');
	assert_cc(text.data, NULL);
	buffer_free(&text);
	text = (struct buffer){0};
	buffer_add_text(&text, "CC = gcc\n");
	for (int i = 0; i < 70000; i++)
		buffer_add_char(&text, '\n');
	assert_cc(text.data, NULL);
}

static void plain_assignments(void **state)
{
	(void)state;
	assert_cc("CC = gcc-12\n", "gcc-12");
	assert_cc("CC=gcc-12", "gcc-12");
	assert_cc("  CC  := \tgcc-12  # the compiler\n", "gcc-12");
	assert_cc("CC ::= gcc-12\n", "gcc-12");
	assert_cc("override CC = gcc-12\n", "gcc-12");
	assert_cc("override export CC = gcc-12\n", "gcc-12");
	assert_cc("CC = gcc\nCC = gcc-12\n", "gcc-12");
	assert_cc("CC = gcc-12\nCC ?= gcc\n", "gcc-12");
	assert_cc("CC_A ?= gcc-12\nCC = $(CC_A)\n", "gcc-12");
	assert_cc("CC = ccache \\\n  gcc-12\n", "ccache     gcc-12");
	assert_cc("CC = a$$b\n", "a$b");
	assert_cc("ifdef X\nCC = gcc\nendif\nCC = gcc-12\nendif\n", "gcc-12");
}

static void references_are_expanded_late(void **state)
{
	(void)state;
	assert_cc("CC = $(CROSS)gcc-${N}\nCROSS = x86_64-linux-gnu-\nN = 12\n",
		  "x86_64-linux-gnu-gcc-12");
	assert_cc("CC = $(UNSET_VARIABLE_OF_NOBODY)gcc\n", "gcc");
	assert_cc("CC = $(if $(A),ccache,) gcc\nA =\n", "gcc");
	assert_cc("CC = $(if $(A),ccache) gcc\nA = 1\n", "ccache gcc");
	assert_cc("CC = $(if $(A),b,$(if $(B),x,gcc,clang))\n", "gcc,clang");
	assert_cc("CC = $(if $(A),$(shell x),gcc)\n", "gcc");
}

static void the_environment_serves_what_the_file_leaves_open(void **state)
{
	(void)state;
	assert_int_equal(setenv("DKMS_TEST_CCACHE", "ccache", 1), 0);
	assert_cc("CC = $(DKMS_TEST_CCACHE) gcc\n", "ccache gcc");
	assert_cc("CC = $(DKMS_TEST_CCACHE) gcc\nDKMS_TEST_CCACHE ?= other\n", "ccache gcc");
	assert_cc("CC = $(DKMS_TEST_CCACHE) gcc\nDKMS_TEST_CCACHE = other\n", "other gcc");
	assert_int_equal(unsetenv("DKMS_TEST_CCACHE"), 0);
}

/* The forms that Debian's headers ship: with conditionals around, and with $(shell) beside. */
static void files_as_debian_ships_them(void **state)
{
	static const char bookworm[] =
		"override ARCH = x86\n"
		"override KERNELRELEASE = 6.1.0-56-amd64\n"
		"CCACHE = ccache\n"
		"CC = $(if $(DEBIAN_KERNEL_USE_CCACHE),$(CCACHE)) $(CROSS_COMPILE)gcc-12\n"
		"ifneq ($(DEB_BUILD_ARCH),$(DEB_HOST_ARCH))\n"
		"override CROSS_COMPILE = $(DEB_HOST_GNU_TYPE)-\n"
		"endif\n"
		"DEBIAN_KERNEL_NO_CC_VERSION_CHECK = y\n";
	static const char backports[] =
		"override ARCH = x86\n"
		"CCACHE = ccache\n"
		"CC = $(if $(DEBIAN_KERNEL_USE_CCACHE),$(CCACHE)) $(CROSS_COMPILE)gcc-12\n"
		"DEB_BUILD_ARCH ?= $(shell dpkg --print-architecture)\n"
		"override CROSS_COMPILE = x86_64-linux-gnu-\n";

	(void)state;
	assert_cc(bookworm, "gcc-12");
	assert_cc(backports, "x86_64-linux-gnu-gcc-12");
}

UNIT_MAIN(cmocka_unit_test(no_file_no_compiler),
	  cmocka_unit_test(what_only_make_understands_gives_nothing),
	  cmocka_unit_test(endless_and_exploding_references_end),
	  cmocka_unit_test(oversized_values_and_files_are_refused),
	  cmocka_unit_test(plain_assignments), cmocka_unit_test(references_are_expanded_late),
	  cmocka_unit_test(the_environment_serves_what_the_file_leaves_open),
	  cmocka_unit_test(files_as_debian_ships_them))
