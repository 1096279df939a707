/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two machines with the same packages agree on what a build depends on. */
#include "reuse/fixture.h"

#include "fingerprint/inputs.h"
#include "fingerprint/memo.h"

/* SCRATCH/NAME is a machine with mod/1.0 in its tree and a compiler on PATH. */
static char *make_machine(void **state, const char *name, const char *compiler)
{
	char *root = path_join(*state, name, NULL);
	cleanup(free_string) char *path = path_join(root, "bin", NULL);

	scratch_write(root, "usr/src/mod-1.0/mod.c", "int mod;\n");
	scratch_write(root, "usr/src/mod-1.0/Makefile", "obj-m := mod.o\n");
	scratch_symlink(root, "var/lib/dkms/mod/1.0/source", "../../../../../usr/src/mod-1.0");
	scratch_write_bytes(root, "bin/gcc", compiler, strlen(compiler), 0755);
	scratch_write_bytes(root, "bin/ld", "ld", 2, 0755);
	assert_int_equal(setenv("PATH", path, 1), 0);
	return root;
}

static struct build_inputs read_inputs(const char *root)
{
	cleanup(settings_free) struct settings settings;
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(root);
	cleanup(memo_free) struct digest_memo memo = {0};
	cleanup(headers_free_handler) struct headers *headers = headers_open(kernel, &memo);
	cleanup(free_string) char *make = text_format("make -C %s M=%s/var/lib/dkms/mod/1.0/build",
						      kernel->source_directory, root);
	const struct package package = {
		.name = (char *)"mod", .version = (char *)"1.0", .make_command = make};
	const struct module_id id = {(char *)"mod", (char *)"1.0"};
	struct build_inputs inputs = {0};
	struct error error = {0};

	settings_init(&settings, root);
	assert_ok(build_inputs_read(&settings, &id, &package, headers, &inputs, &error), &error);
	return inputs;
}

static void assert_same(const char *one, const char *two, bool same)
{
	cleanup(build_inputs_free) struct build_inputs left = read_inputs(one);
	cleanup(build_inputs_free) struct build_inputs right = read_inputs(two);

	assert_string_equal(left.source, right.source);
	assert_string_equal(left.directives, right.directives);
	assert_int_equal(text_equal(left.compiler, right.compiler), same);
}

static struct build_inputs inputs_of_machine(void **state, const char *name, const char *compiler)
{
	cleanup(free_string) char *root = make_machine(state, name, compiler);

	return read_inputs(root);
}

/* Inodes, times, and where the system lies are this machine's own. */
static void machines_with_the_same_files_agree(void **state)
{
	cleanup(build_inputs_free) struct build_inputs one = inputs_of_machine(state, "one", "gcc");
	cleanup(build_inputs_free) struct build_inputs two = inputs_of_machine(state, "two", "gcc");
	cleanup(build_inputs_free) struct build_inputs other = inputs_of_machine(state, "other",
										 "clang");

	assert_string_equal(one.source, two.source);
	assert_string_equal(one.directives, two.directives);
	assert_string_equal(one.compiler, two.compiler);
	assert_string_equal(one.directives, other.directives);
	assert_string_not_equal(one.compiler, other.compiler);
}

/* A machine without headers asks for the same as one that has them. */
static void headers_are_no_part_of_what_is_asked_for(void **state)
{
	cleanup(free_string) char *with = make_machine(state, "with", "gcc");
	cleanup(free_string) char *without = make_machine(state, "without", "gcc");
	cleanup(free_string) char *include = text_format("include %s/common/Makefile\n", with);

	scratch_write(with, "usr/src/linux/Makefile", include);
	scratch_write(with, "common/Makefile", "all:\n");
	scratch_symlink(with, MODULES "build", "../../../usr/src/linux");
	assert_same(with, without, true);
}

UNIT_MAIN(scratch_test(machines_with_the_same_files_agree),
	  scratch_test(headers_are_no_part_of_what_is_asked_for))
