/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/stat.h>

#include "scratch.h"
#include "shim/compiler.h"

static char *program(const char *scratch, const char *name, const char *content)
{
	char *path = path_join(scratch, name, NULL);

	scratch_write(scratch, name, content);
	assert_int_equal(chmod(path, 0755), 0);
	return path;
}

static void only_compilers_are_known(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *script = program(scratch, "gcc", "#!/bin/sh\n");
	cleanup(free_string) char *ccache = program(scratch, "ccache", "\177ELF");
	cleanup(free_string) char *elf = program(scratch, "gcc-12", "\177ELF");
	struct memory_key key = memory_key_start();

	(void)state;
	assert_false(compiler_add_identity(script, "", &key));
	assert_false(compiler_add_identity(ccache, "", &key));
	assert_true(compiler_add_identity(elf, "", &key));
}

static void another_compiler_or_assembler_is_another_key(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *elf = program(scratch, "gcc-12", "\177ELF");
	struct memory_key first = memory_key_start(), changed = first, assembler = first;

	(void)state;
	assert_true(compiler_add_identity(elf, scratch, &first));
	scratch_write_bytes(scratch, "as", "as", 2, 0755);
	assert_true(compiler_add_identity(elf, scratch, &assembler));
	assert_true(first.low != assembler.low);
	scratch_write(scratch, "gcc-12", "\177ELF 2");
	assert_true(compiler_add_identity(elf, "", &changed));
	assert_true(first.low != changed.low);
}

static void environments_are_told_apart(void **state)
{
	struct memory_key plain = memory_key_start(), dated = plain, key = plain;

	(void)state;
	assert_int_equal(unsetenv("SOURCE_DATE_EPOCH"), 0);
	assert_true(compiler_add_environment(&plain));
	assert_int_equal(setenv("SOURCE_DATE_EPOCH", "1", 1), 0);
	assert_true(compiler_add_environment(&dated));
	assert_true(plain.low != dated.low);
	assert_int_equal(setenv("COMPILER_PATH", "/evil", 1), 0);
	assert_false(compiler_add_environment(&key));
}

static void the_next_one_on_the_path_is_found(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *front = path_join(scratch, "a/gcc", NULL);
	cleanup(free_string) char *real = path_join(scratch, "c/gcc", NULL);
	cleanup(free_string) char *search = text_format("a:%s/a:%s/b::%s/c", scratch, scratch,
							scratch);
	char path[PATH_MAX];
	struct stat self;

	(void)state;
	scratch_write_bytes(scratch, "a/gcc", "front", 5, 0755);
	scratch_write_bytes(scratch, "c/gcc", "real", 4, 0755);
	assert_int_equal(stat(front, &self), 0);
	assert_true(behind_search(search, "gcc", &self, path));
	assert_string_equal(path, real);
	assert_true(behind_search(search, "gcc", NULL, path));
	assert_string_equal(path, front);
	assert_false(behind_search(search, "clang", &self, path));
	assert_int_equal(chmod(real, 0644), 0);
	assert_false(behind_search(search, "gcc", &self, path));
}

UNIT_MAIN(cmocka_unit_test(only_compilers_are_known),
	  cmocka_unit_test(another_compiler_or_assembler_is_another_key),
	  cmocka_unit_test(environments_are_told_apart),
	  cmocka_unit_test(the_next_one_on_the_path_is_found))
