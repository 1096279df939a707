/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <elf.h>
#include <glob.h>

#include "fixture.h"
#include "kernel/vmlinux.h"

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

UNIT_MAIN(cmocka_unit_test(what_is_no_elf_file_is_not_built_by_clang),
	  cmocka_unit_test(every_truncation_is_survived),
	  cmocka_unit_test(wild_numbers_are_survived),
	  cmocka_unit_test(a_monstrous_comment_is_not_read),
	  cmocka_unit_test(the_comment_section_tells),
	  cmocka_unit_test(other_machines_images_are_read), cmocka_unit_test(real_images_are_read))
