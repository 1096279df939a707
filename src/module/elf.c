/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

/* Reads size bytes, which the caller has found to lie within the file. */
static uint64_t number_at(const struct elf *elf, uint64_t offset, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | elf->bytes[offset + (elf->big_endian ? i : size - 1 - i)];
	return number;
}

/* The few fields needed, whatever the width and byte order of the file. */
#define FIELD(elf, base, record, field)                                         \
	((elf)->wide ? number_at(elf, (base) + offsetof(Elf64_##record, field), \
				 sizeof(((Elf64_##record *)NULL)->field))       \
		     : number_at(elf, (base) + offsetof(Elf32_##record, field), \
				 sizeof(((Elf32_##record *)NULL)->field)))

static int malformed(struct error *error, const char *what)
{
	return error_set(error, -ENOEXEC, 0, "It is no kernel module: %s.", what);
}

static int read_header(struct elf *elf, struct error *error)
{
	const unsigned char *ident = elf->bytes;

	if (elf->length < EI_NIDENT || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return malformed(error, "not an ELF file");
	if ((ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64) ||
	    (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB))
		return malformed(error, "unknown ELF class or byte order");
	elf->wide = ident[EI_CLASS] == ELFCLASS64;
	elf->big_endian = ident[EI_DATA] == ELFDATA2MSB;
	if (elf->length < (elf->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return malformed(error, "its ELF header is cut short");
	if (FIELD(elf, 0, Ehdr, e_type) != ET_REL)
		return malformed(error, "not a relocatable ELF object");
	return 0;
}

/* With 65,280 sections and more, the real numbers are in the first section's header. */
static int find_headers(struct elf *elf, struct error *error)
{
	uint64_t header_size = elf->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);

	elf->header_offset = FIELD(elf, 0, Ehdr, e_shoff);
	elf->header_size = FIELD(elf, 0, Ehdr, e_shentsize);
	elf->header_count = FIELD(elf, 0, Ehdr, e_shnum);
	elf->name_section = FIELD(elf, 0, Ehdr, e_shstrndx);
	if (elf->header_offset > elf->length || elf->header_size != header_size)
		return malformed(error, "its section table is cut short or damaged");
	uint64_t room = (elf->length - elf->header_offset) / header_size;

	if (elf->header_count == 0 && elf->header_offset != 0 && room > 0)
		elf->header_count = FIELD(elf, elf->header_offset, Shdr, sh_size);
	if (elf->header_count == 0)
		return malformed(error, "it has no sections");
	if (elf->header_count > room)
		return malformed(error, "its section table is cut short");
	if (elf->name_section == SHN_XINDEX)
		elf->name_section = FIELD(elf, elf->header_offset, Shdr, sh_link);
	return 0;
}

bool elf_get_section(const struct elf *elf, uint64_t index, struct elf_section *ret_section)
{
	if (index == SHN_UNDEF || index >= elf->header_count)
		return false;
	uint64_t header = elf->header_offset + index * elf->header_size;
	struct elf_section section = {
		.type = FIELD(elf, header, Shdr, sh_type),
		.offset = FIELD(elf, header, Shdr, sh_offset),
		.size = FIELD(elf, header, Shdr, sh_size),
		.entry_size = FIELD(elf, header, Shdr, sh_entsize),
		.link = FIELD(elf, header, Shdr, sh_link),
	};

	if (section.type == SHT_NULL || section.type == SHT_NOBITS)
		section.offset = section.size = 0;
	*ret_section = section;
	return true;
}

static int check_sections(const struct elf *elf, struct error *error)
{
	struct elf_section section;

	for (uint64_t i = 1; elf_get_section(elf, i, &section); i++)
		if (section.offset > elf->length || section.size > elf->length - section.offset)
			return malformed(error, "a section is cut short");
	return 0;
}

int elf_open(struct elf *elf, const void *data, size_t length, struct error *error)
{
	struct elf opened = {.bytes = data, .length = length};

	if (read_header(&opened, error) < 0 || find_headers(&opened, error) < 0 ||
	    check_sections(&opened, error) < 0)
		return error->code;
	*elf = opened;
	return 0;
}

static bool is_table_of_texts(const struct elf *elf, uint64_t index)
{
	struct elf_section section;

	return elf->bytes && elf_get_section(elf, index, &section) && section.type == SHT_STRTAB &&
	       section.size > 0 && elf->bytes[section.offset + section.size - 1] == '\0';
}

/* Some tools take for granted that every section has a name, and die where it has none. */
static int check_names(const struct elf *elf, struct error *error)
{
	struct elf_section section, names;

	if (!is_table_of_texts(elf, elf->name_section) ||
	    !elf_get_section(elf, elf->name_section, &names))
		return malformed(error, "it has no names of sections");
	for (uint64_t i = 1; elf_get_section(elf, i, &section); i++) {
		uint64_t header = elf->header_offset + i * elf->header_size;

		if (FIELD(elf, header, Shdr, sh_name) >= names.size)
			return malformed(error, "the name of a section is damaged");
		if (section.type == SHT_SYMTAB && !is_table_of_texts(elf, section.link))
			return malformed(error, "its symbols have no names");
	}
	return 0;
}

int elf_check_module(const void *data, size_t length, struct error *error)
{
	struct elf elf = {0};

	if (elf_open(&elf, data, length, error) < 0)
		return error->code;
	return check_names(&elf, error);
}

const char *elf_section_name(const struct elf *elf, uint64_t index)
{
	struct elf_section names;

	if (index == SHN_UNDEF || index >= elf->header_count ||
	    !elf_get_section(elf, elf->name_section, &names))
		return "";
	const char *name = elf_text(
		elf, &names,
		FIELD(elf, elf->header_offset + index * elf->header_size, Shdr, sh_name));

	return name ? name : "";
}

bool elf_find_section(const struct elf *elf, const char *name, struct elf_section *ret_section)
{
	for (uint64_t i = 1; i < elf->header_count; i++)
		if (strcmp(elf_section_name(elf, i), name) == 0)
			return elf_get_section(elf, i, ret_section);
	return false;
}

const char *elf_text(const struct elf *elf, const struct elf_section *section, uint64_t offset)
{
	if (offset >= section->size)
		return NULL;
	const unsigned char *text = elf->bytes + section->offset + offset;

	return memchr(text, '\0', section->size - offset) ? (const char *)text : NULL;
}

bool elf_number(const struct elf *elf, const struct elf_section *section, uint64_t offset,
		size_t size, uint64_t *ret_number)
{
	if (offset > section->size || size > section->size - offset)
		return false;
	*ret_number = number_at(elf, section->offset + offset, size);
	return true;
}

void elf_find_symbols(const struct elf *elf, struct elf_section *ret_table, uint64_t *ret_count)
{
	size_t size = elf->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	struct elf_section section;

	*ret_table = (struct elf_section){0};
	*ret_count = 0;
	for (uint64_t i = 1; elf_get_section(elf, i, &section); i++) {
		if (section.type != SHT_SYMTAB || section.entry_size != size)
			continue;
		*ret_table = section;
		*ret_count = section.size / size;
		return;
	}
}

bool elf_get_symbol(const struct elf *elf, const struct elf_section *table, uint64_t index,
		    struct elf_symbol *ret_symbol)
{
	uint64_t at = table->offset + index * table->entry_size;
	struct elf_section names;

	if (!elf_get_section(elf, table->link, &names))
		return false;
	const char *name = elf_text(elf, &names, FIELD(elf, at, Sym, st_name));

	if (!name)
		return false;
	*ret_symbol = (struct elf_symbol){
		.name = name,
		.section = FIELD(elf, at, Sym, st_shndx),
		.value = FIELD(elf, at, Sym, st_value),
		.binding = ELF64_ST_BIND(FIELD(elf, at, Sym, st_info)),
	};
	return true;
}
