/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <elf.h>
#include <glob.h>

#include "fixture.h"
#include "kernel/toolchain.h"

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

static const char clang_comment[] = "Linker: LLD 14.0.6\0Debian clang version 14.0.6";
static const char names[] = "\0.comment\0.shstrtab";

/* An ELF file of three sections: none, .comment, and the section names. */
struct elf_image {
	Elf64_Ehdr header;
	Elf64_Shdr sections[3];
	char names[sizeof(names)];
	char comment[64];
};

static struct elf_image make_image(const char *comment, size_t length)
{
	struct elf_image image = {
		.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
			   .e_shoff = offsetof(struct elf_image, sections),
			   .e_shentsize = sizeof(Elf64_Shdr),
			   .e_shnum = 3,
			   .e_shstrndx = 2},
		.sections = {[1] = {.sh_name = 1,
				    .sh_offset = offsetof(struct elf_image, comment),
				    .sh_size = length},
			     [2] = {.sh_name = 10,
				    .sh_offset = offsetof(struct elf_image, names),
				    .sh_size = sizeof(names)}},
	};

	memcpy(image.names, names, sizeof(names));
	memcpy(image.comment, comment, length);
	return image;
}

static struct elf_image clang_image(void)
{
	return make_image(clang_comment, sizeof(clang_comment));
}

static bool built_by_clang(const void *data, size_t length)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "vmlinux", NULL);

	scratch_write_bytes(scratch, "vmlinux", data, length, 0644);
	return vmlinux_is_built_by_clang(path);
}

static void what_is_no_elf_file_is_not_built_by_clang(void **state)
{
	static const char text[] =
		"clang version 14: a text of more than sixty-four bytes, no ELF.";

	(void)state;
	assert_false(vmlinux_is_built_by_clang("/nonexistent/vmlinux"));
	assert_false(vmlinux_is_built_by_clang("/"));
	assert_false(built_by_clang("", 0));
	assert_false(built_by_clang(ELFMAG, SELFMAG));
	assert_false(built_by_clang(text, sizeof(text)));
}

static void every_truncation_is_survived(void **state)
{
	struct elf_image image = clang_image();
	size_t needed = offsetof(struct elf_image, comment) + sizeof(clang_comment);

	(void)state;
	for (size_t length = 0; length < needed; length += 3)
		assert_false(built_by_clang(&image, length));
	assert_true(built_by_clang(&image, needed));
}

/* Each way to point outside, with everything else in order. */
static void wild_numbers_are_survived(void **state)
{
	struct elf_image image;

	(void)state;
#define ASSERT_REFUSED(member, wild)                                 \
	do {                                                         \
		image = clang_image();                               \
		image.member = (wild);                               \
		assert_false(built_by_clang(&image, sizeof(image))); \
	} while (0)
	ASSERT_REFUSED(header.e_shoff, UINT64_MAX);
	ASSERT_REFUSED(header.e_shoff, INT64_MAX);
	ASSERT_REFUSED(header.e_shnum, 0);
	ASSERT_REFUSED(header.e_shnum, 2);
	ASSERT_REFUSED(header.e_shentsize, 0);
	ASSERT_REFUSED(header.e_shentsize, 63);
	ASSERT_REFUSED(header.e_shstrndx, 3);
	ASSERT_REFUSED(header.e_shstrndx, 0xffff);
	ASSERT_REFUSED(sections[1].sh_name, UINT32_MAX);
	ASSERT_REFUSED(sections[1].sh_offset, UINT64_MAX);
	ASSERT_REFUSED(sections[1].sh_size, UINT64_MAX);
	ASSERT_REFUSED(sections[1].sh_size, (1UL << 20) + 1);
	ASSERT_REFUSED(sections[1].sh_size, 0);
	ASSERT_REFUSED(sections[2].sh_offset, UINT64_MAX);
	ASSERT_REFUSED(sections[2].sh_size, 4);
#undef ASSERT_REFUSED
}

static void a_monstrous_comment_is_not_read(void **state)
{
	struct elf_image image = clang_image();

	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "vmlinux", NULL);

	image.sections[1].sh_size = 1UL << 20;
	scratch_write_bytes(scratch, "vmlinux", &image, sizeof(image), 0644);
	assert_int_equal(truncate(path, 2 << 20), 0);
	assert_true(vmlinux_is_built_by_clang(path));
	image.sections[1].sh_size++;
	scratch_write_bytes(scratch, "vmlinux", &image, sizeof(image), 0644);
	assert_int_equal(truncate(path, 2 << 20), 0);
	assert_false(vmlinux_is_built_by_clang(path));
}

static void the_comment_section_tells(void **state)
{
	static const char gcc[] = "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0";
	struct elf_image clang = clang_image();
	struct elf_image other = make_image(gcc, sizeof(gcc));

	(void)state;
	assert_true(built_by_clang(&clang, sizeof(clang)));
	assert_false(built_by_clang(&other, sizeof(other)));
	clang.names[2] = 'k'; /* the same bytes in a section of another name */
	assert_false(built_by_clang(&clang, sizeof(clang)));
}

/* A 32 bit image whose numbers have the most significant byte first. */
static void other_machines_images_are_read(void **state)
{
	struct {
		unsigned char header[52];
		unsigned char sections[3][40];
		char names[20];
		char comment[64];
	} image = {.header = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2MSB}};

	(void)state;
	image.header[35] = 52;                         /* e_shoff */
	image.header[47] = 40;                         /* e_shentsize */
	image.header[49] = 3;                          /* e_shnum */
	image.header[51] = 2;                          /* e_shstrndx */
	image.sections[1][3] = 1;                      /* sh_name */
	image.sections[1][19] = 52 + 120 + 20;         /* sh_offset */
	image.sections[1][23] = sizeof(clang_comment); /* sh_size */
	image.sections[2][3] = 10;
	image.sections[2][19] = 52 + 120;
	image.sections[2][23] = sizeof(names);
	memcpy(image.names, names, sizeof(names));
	memcpy(image.comment, clang_comment, sizeof(clang_comment));
	assert_true(built_by_clang(&image, sizeof(image)));
	image.header[EI_DATA] = ELFDATA2LSB;
	assert_false(built_by_clang(&image, sizeof(image)));
}

static void real_images_are_read(void **state)
{
	glob_t found;

	(void)state;
	if (glob("/usr/src/linux-headers-*/vmlinux", 0, NULL, &found) != 0)
		skip();
	for (size_t i = 0; i < found.gl_pathc; i++)
		assert_false(vmlinux_is_built_by_clang(found.gl_pathv[i]));
	globfree(&found);
}

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

UNIT_MAIN(IN_WORLD(nothing_known_leaves_everything_to_make),
	  IN_WORLD(the_configuration_names_the_compiler),
	  IN_WORLD(kernelvariables_serve_where_that_one_is_missing),
	  IN_WORLD(a_clang_kernel_is_told_by_its_configuration),
	  IN_WORLD(a_clang_of_another_name_is_kept),
	  IN_WORLD(the_compilers_of_real_headers_are_found),
	  cmocka_unit_test(what_is_no_elf_file_is_not_built_by_clang),
	  cmocka_unit_test(every_truncation_is_survived),
	  cmocka_unit_test(wild_numbers_are_survived),
	  cmocka_unit_test(a_monstrous_comment_is_not_read),
	  cmocka_unit_test(the_comment_section_tells),
	  cmocka_unit_test(other_machines_images_are_read), cmocka_unit_test(real_images_are_read),
	  cmocka_unit_test(no_file_no_compiler),
	  cmocka_unit_test(what_only_make_understands_gives_nothing),
	  cmocka_unit_test(endless_and_exploding_references_end),
	  cmocka_unit_test(oversized_values_and_files_are_refused),
	  cmocka_unit_test(plain_assignments), cmocka_unit_test(references_are_expanded_late),
	  cmocka_unit_test(the_environment_serves_what_the_file_leaves_open),
	  cmocka_unit_test(files_as_debian_ships_them))
