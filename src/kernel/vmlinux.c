/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/vmlinux.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

static const uint64_t comment_limit = 1UL << 20;

struct image {
	int fd;
	bool wide; /* 64 bit */
	bool big;  /* most significant byte first */
	uint64_t section_table;
	unsigned section_count;
	unsigned section_size;
	unsigned names_index;
};

struct section {
	uint32_t name;
	uint64_t offset;
	uint64_t size;
};

static bool read_at(int fd, void *data, size_t length, uint64_t offset)
{
	char *next = data;

	while (length) {
		if (offset > INT64_MAX)
			return false;
		ssize_t got = pread(fd, next, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		next += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return true;
}

/* An unsigned number of 2, 4 or 8 bytes in the image's byte order. */
static uint64_t number(const struct image *image, const unsigned char *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[image->big ? i : size - 1 - i];
	return value;
}

/* A member of the 32- or the 64-bit form of a structure of <elf.h>. */
#define MEMBER(image, bytes, type, name)                                       \
	((image)->wide ? number(image, (bytes) + offsetof(Elf64_##type, name), \
				sizeof(((Elf64_##type *)0)->name))             \
		       : number(image, (bytes) + offsetof(Elf32_##type, name), \
				sizeof(((Elf32_##type *)0)->name)))

static bool read_header(struct image *image)
{
	unsigned char header[sizeof(Elf64_Ehdr)] = {0};

	if (!read_at(image->fd, header, sizeof(Elf32_Ehdr), 0) ||
	    memcmp(header, ELFMAG, SELFMAG) != 0)
		return false;
	image->wide = header[EI_CLASS] == ELFCLASS64;
	image->big = header[EI_DATA] == ELFDATA2MSB;
	if (image->wide && !read_at(image->fd, header, sizeof(header), 0))
		return false;
	image->section_table = MEMBER(image, header, Ehdr, e_shoff);
	image->section_count = (unsigned)MEMBER(image, header, Ehdr, e_shnum);
	image->section_size = (unsigned)MEMBER(image, header, Ehdr, e_shentsize);
	image->names_index = (unsigned)MEMBER(image, header, Ehdr, e_shstrndx);
	return image->section_size >= (image->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) &&
	       image->names_index < image->section_count;
}

static bool read_section(const struct image *image, unsigned index, struct section *ret_section)
{
	unsigned char header[sizeof(Elf64_Shdr)] = {0};
	uint64_t at;

	if (__builtin_add_overflow(image->section_table, (uint64_t)index * image->section_size,
				   &at) ||
	    !read_at(image->fd, header, image->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr), at))
		return false;
	ret_section->name = (uint32_t)MEMBER(image, header, Shdr, sh_name);
	ret_section->offset = MEMBER(image, header, Shdr, sh_offset);
	ret_section->size = MEMBER(image, header, Shdr, sh_size);
	return true;
}

static bool is_named(const struct image *image, const struct section *names,
		     const struct section *section, const char *name)
{
	char found[16];
	size_t length = strlen(name) + 1;
	uint64_t at;

	return length <= sizeof(found) && section->name < names->size &&
	       names->size - section->name >= length &&
	       !__builtin_add_overflow(names->offset, section->name, &at) &&
	       read_at(image->fd, found, length, at) && memcmp(found, name, length) == 0;
}

static bool find_section(const struct image *image, const char *name, struct section *ret_section)
{
	struct section names, section;

	if (!read_section(image, image->names_index, &names))
		return false;
	for (unsigned i = 0; i < image->section_count; i++) {
		if (!read_section(image, i, &section))
			return false;
		if (is_named(image, &names, &section, name)) {
			*ret_section = section;
			return true;
		}
	}
	return false;
}

bool vmlinux_is_built_by_clang(const char *path)
{
	static const char maker[] = "clang version";
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct image image = {.fd = fd};
	struct section comment;

	if (fd < 0 || !read_header(&image) || !find_section(&image, ".comment", &comment) ||
	    comment.size > comment_limit)
		return false;
	cleanup(free_string) char *text = xcalloc(1, comment.size + 1);

	return read_at(fd, text, comment.size, comment.offset) &&
	       memmem(text, comment.size, maker, strlen(maker));
}
