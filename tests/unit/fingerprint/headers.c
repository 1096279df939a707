/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/fixture.h"

static char *path_of(void **state, const char *name)
{
	return path_join(*state, name, NULL);
}

static void assert_name(void **state, const struct headers *headers, const char *file,
			const char *expected)
{
	cleanup(free_string) char *path = path_of(state, file);
	cleanup(free_string) char *name = headers_name(headers, path);

	assert_string_equal(name, expected);
}

static void a_file_has_the_same_name_on_every_kernel(void **state)
{
	make_headers(state);
	WITH_HEADERS(state);
	assert_name(state, headers, "common/include/linux/module.h",
		    "srctree/include/linux/module.h");
	assert_name(state, headers, BUILD "include/config/auto.conf",
		    "objtree/include/config/auto.conf");
	assert_name(state, headers, BUILD "../build/./Makefile", "objtree/Makefile");
	cleanup(free_string) char *outside = headers_name(headers, "/usr/lib/gcc/../gcc/stdarg.h");
	cleanup(free_string) char *module = headers_path(headers, "srctree/include/linux/module.h");
	cleanup(free_string) char *expected = path_of(state, "common/include/linux/module.h");

	assert_string_equal(outside, "/usr/lib/gcc/stdarg.h");
	assert_string_equal(module, expected);
}

/* As /lib/modules/K/build is, and Debian's scripts. */
static void links_lead_to_the_same_names(void **state)
{
	make_headers(state);
	run("mv '%s/" BUILD "' '%s/objects' && ln -s ../../../objects '%s/lib/modules/" RELEASE
	    "/build'",
	    (char *)*state, (char *)*state, (char *)*state);
	WITH_HEADERS(state);
	assert_name(state, headers, "objects/include/config/auto.conf",
		    "objtree/include/config/auto.conf");
	assert_name(state, headers, BUILD "include/config/auto.conf",
		    "objtree/include/config/auto.conf");
	cleanup(free_string) char *text = text_format("-I%s/include -I%s/objects/include",
						      headers->object_tree, (char *)*state);
	cleanup(free_string) char *neutral = headers_neutral_text(headers, text);

	assert_string_equal(neutral, "-I<objtree>/include -I<objtree>/include");
}

/* One tree for both, as most kernels have. */
static void a_single_tree_is_the_object_tree(void **state)
{
	make_headers(state);
	scratch_write(*state, BUILD "Makefile", "include $(srctree)/x\nall:\n");
	WITH_HEADERS(state);
	assert_name(state, headers, BUILD "include/linux/fs.h", "objtree/include/linux/fs.h");
}

/* The digest of one kind, of the files as they are now. */
static char *digest_now(void **state, int (*read)(struct headers *, const char **, struct error *))
{
	struct error error = {0};
	const char *digest = NULL;

	WITH_HEADERS(state);
	assert_ok(read(headers, &digest, &error), &error);
	return xstrdup(digest);
}

static void assert_changes(void **state,
			   int (*read)(struct headers *, const char **, struct error *),
			   const char *file, const char *text, bool expected)
{
	cleanup(free_string) char *before = digest_now(state, read);
	cleanup(free_string) char *path = path_of(state, file);
	size_t length = 0;
	cleanup(free_string) char *old = file_exists(path) ? scratch_read(path, &length) : NULL;

	scratch_write(*state, file, text);
	cleanup(free_string) char *after = digest_now(state, read);

	if ((strcmp(before, after) != 0) != expected)
		fail_msg("%s: %s changes%s", file, text, expected ? " nothing" : " it");
	if (old)
		scratch_write_bytes(*state, file, old, length, 0644);
	else
		run("rm '%s'", path);
}

static void a_configuration_is_the_same_but_for_names(void **state)
{
	static const char *const file = BUILD "include/config/auto.conf";
	static const struct {
		const char *text;
		bool differs;
	} cases[] = {
		{"CONFIG_MODVERSIONS=y\nCONFIG_MODULES=y\n", false},
		{"CONFIG_MODULES=y\nCONFIG_MODVERSIONS=y\nCONFIG_BUILD_SALT=\"6.1\"\n", false},
		{"CONFIG_MODULES=y\nCONFIG_MODVERSIONS=y\nCONFIG_LOCALVERSION=\"-mine\"\n", false},
		{"CONFIG_MODULES=y\nCONFIG_MODVERSIONS=y\nCONFIG_CC_VERSION_TEXT=\"gcc 13\"\n",
		 false},
		{"# Linux/x86 6.1.9\nCONFIG_MODULES=y\nCONFIG_MODVERSIONS=y\n", false},
		{"CONFIG_MODULES=y\nCONFIG_MODVERSIONS=y\nCONFIG_NEW=y\n", true},
		{"CONFIG_MODULES=y\nCONFIG_MODVERSIONS=m\n", true},
		{"CONFIG_MODULES=y\n", true},
		{"CONFIG_MODULES=y\nCONFIG_MODVERSIONS=y\nCONFIG_LOCALVERSION_AUTO=y\n", true},
	};

	make_headers(state);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_changes(state, headers_configuration, file, cases[i].text, cases[i].differs);
}

static void kbuild_is_its_makefiles_and_programs(void **state)
{
	make_headers(state);
	scratch_write(*state, BUILD ".kernelvariables", "override KERNELRELEASE = " RELEASE "\n");
	assert_changes(state, headers_machinery, "common/Makefile", "all: x\n", true);
	assert_changes(state, headers_machinery, "common/scripts/mod/modpost", "program", true);
	assert_changes(state, headers_machinery, "common/arch/x86/Makefile", "y", true);
	assert_changes(state, headers_machinery, BUILD "tools/objtool/objtool", "program", true);
	assert_changes(state, headers_machinery, BUILD ".kernelvariables", "CC = gcc-99\n", true);
	assert_changes(state, headers_machinery, "common/include/linux/module.h", "other", false);
	assert_changes(state, headers_machinery, BUILD "Module.symvers", "other", false);
}

static void the_whole_is_every_file_but_names_and_exports(void **state)
{
	make_headers(state);
	assert_changes(state, headers_whole, "common/include/linux/new.h", "new", true);
	assert_changes(state, headers_whole, "common/include/linux/module.h", "other", true);
	assert_changes(state, headers_whole, BUILD "include/generated/asm.h", "other", true);
	assert_changes(state, headers_whole, BUILD "include/generated/utsrelease.h", "x", false);
	assert_changes(state, headers_whole, BUILD "include/generated/compile.h", "x", false);
	assert_changes(state, headers_whole, BUILD "Module.symvers", "x", false);
	/* The same contents by another name. */
	cleanup(free_string) char *before = digest_now(state, headers_whole);

	run("cd '%s/common/include/linux' && mv module.h modulf.h", (char *)*state);
	cleanup(free_string) char *after = digest_now(state, headers_whole);

	assert_string_not_equal(before, after);
}

/* The object tree's arch directory names the kernel's own architecture. Others do not count. */
static void another_architecture_changes_nothing(void **state)
{
	make_headers(state);
	assert_changes(state, headers_whole, "common/arch/s390/include/asm/a.h", "new", true);
	assert_changes(state, headers_machinery, "common/arch/s390/Makefile", "new", true);
	scratch_write(*state, BUILD "arch/x86/include/generated/asm/a.h", "");
	assert_changes(state, headers_whole, "common/arch/s390/include/asm/a.h", "new", false);
	assert_changes(state, headers_machinery, "common/arch/s390/Makefile", "new", false);
	assert_changes(state, headers_whole, "common/arch/x86/include/asm/a.h", "new", true);
	assert_changes(state, headers_whole, "common/arch/Kconfig", "new", true);
	assert_changes(state, headers_machinery, "common/arch/x86/Makefile", "new", true);
}

static void what_is_not_there_is_found_missing_when_it_is_asked_for(void **state)
{
	const struct symvers *symvers = NULL;
	struct error error = {0};
	const char *digest = NULL;

	WITH_HEADERS(state);
	assert_int_equal(headers_configuration(headers, &digest, &error), -ENOENT);
	assert_error(&error, 0, "auto.conf");
	assert_int_equal(headers_symvers(headers, &symvers, &error), -ENOENT);
	assert_error(&error, 0, "Module.symvers");
	assert_int_equal(headers_digest(headers, "srctree/x.h", &digest, &error), -ENOENT);
	error_clear(&error);
	assert_null(digest);
}

static void names_of_kernels_are_taken_out_of_texts(void **state)
{
	make_headers(state);
	WITH_HEADERS(state);
	cleanup(free_string) char *text = text_format(
		"gcc -I%s/include -include %s/a.h -DR=" RELEASE " -I/usr/include",
		headers->source_tree, headers->object_tree);
	cleanup(free_string) char *neutral = headers_neutral_text(headers, text);

	assert_string_equal(neutral, "gcc -I<srctree>/include -include <objtree>/a.h "
				     "-DR=<release> -I/usr/include");
}

/* So that a machine without headers asks for the same build as one that has them. */
static void the_kernels_own_spelling_is_the_object_tree(void **state)
{
	cleanup(free_string) char *text = text_format("make -C %s/" MODULES "build",
						      (char *)*state);

	for (int i = 0; i < 3; i++) {
		WITH_HEADERS(state);
		cleanup(free_string) char *neutral = headers_neutral_text(headers, text);

		assert_string_equal(neutral, "make -C <objtree>");
		if (i == 0)
			scratch_write(*state, MODULES "build/Makefile", "all:\n");
		else if (i == 1)
			make_headers(state);
	}
}

UNIT_MAIN(scratch_test(the_kernels_own_spelling_is_the_object_tree),
	  scratch_test(a_file_has_the_same_name_on_every_kernel),
	  scratch_test(links_lead_to_the_same_names),
	  scratch_test(a_single_tree_is_the_object_tree),
	  scratch_test(a_configuration_is_the_same_but_for_names),
	  scratch_test(kbuild_is_its_makefiles_and_programs),
	  scratch_test(the_whole_is_every_file_but_names_and_exports),
	  scratch_test(another_architecture_changes_nothing),
	  scratch_test(what_is_not_there_is_found_missing_when_it_is_asked_for),
	  scratch_test(names_of_kernels_are_taken_out_of_texts))
