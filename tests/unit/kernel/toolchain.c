/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <glob.h>

#include "fixture.h"

/* A scratch kernel, and a PATH that holds nothing but the programs of the test. */
struct world {
	char *scratch;
	char *old_path;
};

static void add_program(const struct world *world, const char *name)
{
	cleanup(free_string) char *path = path_join("bin", name, NULL);

	scratch_write_bytes(world->scratch, path, "", 0, 0755);
}

static int set_up(void **state)
{
	struct world *world = NEW(struct world);

	world->scratch = scratch_make();
	world->old_path = xstrdup(getenv("PATH"));
	cleanup(free_string) char *bin = path_join(world->scratch, "bin", NULL);

	*state = world;
	return setenv("PATH", bin, 1);
}

static int tear_down(void **state)
{
	struct world *world = *state;
	int code = setenv("PATH", world->old_path, 1);

	scratch_remove(&world->scratch);
	free(world->old_path);
	free(world);
	return code;
}

static struct kernel_toolchain find(const struct world *world, const char *config,
				    const char *kernelvariables)
{
	struct kernel_toolchain toolchain;

	scratch_write(world->scratch, MODULES "build/.config", config);
	if (kernelvariables)
		scratch_write(world->scratch, MODULES "build/.kernelvariables", kernelvariables);
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(world->scratch);

	kernel_find_toolchain(kernel, &toolchain);
	return toolchain;
}

static void nothing_known_leaves_everything_to_make(void **state)
{
	static const char *const configs[] = {
		"",
		"CONFIG_CC_VERSION_TEXT=\"\"\n",
		"CONFIG_CC_VERSION_TEXT=\"  \"\n",
		"CONFIG_CC_VERSION_TEXT=\"gcc-99 (not installed) 99\"\nCONFIG_CC_IS_GCC=y\n",
		"CONFIG_CC_IS_CLANG=m\n# CONFIG_LD_IS_LLD is not set\n",
	};

	for (size_t i = 0; i < sizeof(configs) / sizeof(*configs); i++) {
		cleanup(kernel_toolchain_free) struct kernel_toolchain toolchain = find(
			*state, configs[i], "CC = gcc-98\n");

		assert_null(toolchain.cc);
		assert_null(toolchain.ld);
		assert_false(toolchain.clang);
	}
}

static void the_configuration_names_the_compiler(void **state)
{
	add_program(*state, "gcc-12");
	add_program(*state, "gcc-11");
	cleanup(kernel_toolchain_free) struct kernel_toolchain toolchain = find(
		*state, "CONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0\"\n",
		"CC = gcc-11\n");

	assert_string_equal(toolchain.cc, "gcc-12");
	assert_null(toolchain.ld);
	assert_false(toolchain.clang);
}

static void kernelvariables_serve_where_that_one_is_missing(void **state)
{
	add_program(*state, "ccache");
	cleanup(kernel_toolchain_free) struct kernel_toolchain toolchain = find(
		*state, "CONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian) 12\"\n", "CC = ccache gcc-11\n");

	assert_string_equal(toolchain.cc, "ccache gcc-11");
}

static void a_clang_kernel_is_told_by_its_configuration(void **state)
{
	cleanup(kernel_toolchain_free) struct kernel_toolchain toolchain = find(
		*state,
		"CONFIG_CC_VERSION_TEXT=\"Ubuntu clang version 17.0.6\"\n"
		"CONFIG_CC_IS_CLANG=y\nCONFIG_LD_IS_LLD=y\n",
		NULL);

	assert_string_equal(toolchain.cc, "clang");
	assert_string_equal(toolchain.ld, "ld.lld");
	assert_true(toolchain.clang);
}

static void a_clang_of_another_name_is_kept(void **state)
{
	add_program(*state, "clang-17");
	cleanup(kernel_toolchain_free) struct kernel_toolchain toolchain = find(
		*state,
		"CONFIG_CC_VERSION_TEXT=\"clang-17 version 17.0.6\"\nCONFIG_CC_IS_CLANG=y\n", NULL);

	assert_string_equal(toolchain.cc, "clang-17");
	assert_true(toolchain.clang);
}

static void the_compilers_of_real_headers_are_found(void **state)
{
	struct world *world = *state;
	glob_t found;

	if (glob("/usr/src/linux-headers-*/.kernelvariables", 0, NULL, &found) != 0)
		skip();
	assert_int_equal(setenv("PATH", world->old_path, 1), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		cleanup(free_string) char *headers = path_parent(found.gl_pathv[i]);
		cleanup(kernel_toolchain_free) struct kernel_toolchain toolchain = {0};

		scratch_symlink(world->scratch, MODULES "build", headers);
		cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(world->scratch);

		kernel_find_toolchain(kernel, &toolchain);
		assert_non_null(strstr(toolchain.cc, "gcc"));
		assert_false(toolchain.clang);
	}
	globfree(&found);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

UNIT_MAIN(IN_WORLD(nothing_known_leaves_everything_to_make),
	  IN_WORLD(the_configuration_names_the_compiler),
	  IN_WORLD(kernelvariables_serve_where_that_one_is_missing),
	  IN_WORLD(a_clang_kernel_is_told_by_its_configuration),
	  IN_WORLD(a_clang_of_another_name_is_kept),
	  IN_WORLD(the_compilers_of_real_headers_are_found))
