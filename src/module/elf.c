/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/elf.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The few fields needed, whatever the width and byte order of the file. */
struct section_table {
	uint64_t offset, entry_size, count;
};

struct image {
	const unsigned char *bytes;
	size_t length;
	bool wide; /* ELFCLASS64 */
	bool big_endian;
};

/* Reads size bytes, which the caller has found to lie within the image. */
static uint64_t number_at(const struct image *image, uint64_t offset, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 |
			 image->bytes[offset + (image->big_endian ? i : size - 1 - i)];
	return number;
}

#define FIELD(image, base, record, field)                                           \
	((image)->wide ? number_at(image, (base) + offsetof(Elf64_##record, field), \
				   sizeof(((Elf64_##record *)NULL)->field))         \
		       : number_at(image, (base) + offsetof(Elf32_##record, field), \
				   sizeof(((Elf32_##record *)NULL)->field)))

static int malformed(struct error *error, const char *what)
{
	return error_set(error, -ENOEXEC, 0, "It is no kernel module: %s.", what);
}

static int open_image(struct image *image, struct error *error)
{
	const unsigned char *ident = image->bytes;

	if (image->length < EI_NIDENT || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return malformed(error, "not an ELF file");
	if ((ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64) ||
	    (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB))
		return malformed(error, "unknown ELF class or byte order");
	image->wide = ident[EI_CLASS] == ELFCLASS64;
	image->big_endian = ident[EI_DATA] == ELFDATA2MSB;
	if (image->length < (image->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return malformed(error, "its ELF header is cut short");
	if (FIELD(image, 0, Ehdr, e_type) != ET_REL)
		return malformed(error, "not a relocatable ELF object");
	return 0;
}

static int find_sections(const struct image *image, struct section_table *table,
			 struct error *error)
{
	size_t header_size = image->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);

	table->offset = FIELD(image, 0, Ehdr, e_shoff);
	table->entry_size = FIELD(image, 0, Ehdr, e_shentsize);
	table->count = FIELD(image, 0, Ehdr, e_shnum);
	if (table->offset > image->length || table->entry_size != header_size)
		return malformed(error, "its section table is cut short or damaged");
	uint64_t room = (image->length - table->offset) / header_size;

	/* With 65,280 sections and more, the real count is in the first section's size. */
	if (table->count == 0 && table->offset != 0 && room > 0)
		table->count = FIELD(image, table->offset, Shdr, sh_size);
	if (table->count == 0)
		return malformed(error, "it has no sections");
	if (table->count > room)
		return malformed(error, "its section table is cut short");
	return 0;
}

int elf_check_module(const void *data, size_t length, struct error *error)
{
	struct image image = {.bytes = data, .length = length};
	struct section_table table;

	if (open_image(&image, error) < 0 || find_sections(&image, &table, error) < 0)
		return error->code;
	for (uint64_t i = 1; i < table.count; i++) {
		uint64_t header = table.offset + i * table.entry_size;
		uint64_t type = FIELD(&image, header, Shdr, sh_type);
		uint64_t offset = FIELD(&image, header, Shdr, sh_offset);
		uint64_t size = FIELD(&image, header, Shdr, sh_size);

		if (type == SHT_NULL || type == SHT_NOBITS)
			continue;
		if (offset > length || size > length - offset)
			return malformed(error, "a section is cut short");
	}
	return 0;
}
