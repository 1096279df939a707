/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel modules as ELF objects of any architecture, width and byte order. Format: elf(5). Nothing
 * that a file says is believed: what is asked for lies within the bytes given, or is not there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct elf {
	const unsigned char *bytes; /* borrowed; must outlive the struct and all texts from it */
	size_t length;
	bool wide; /* ELFCLASS64 */
	bool big_endian;
	uint64_t header_offset, header_size, header_count; /* the section headers */
	uint64_t name_section;
};

struct elf_section {
	uint64_t type, offset, size, entry_size, link; /* offset and size within the file */
};

struct elf_symbol {
	const char *name; /* "" if it has none */
	uint64_t section; /* an index, or SHN_UNDEF, SHN_ABS … */
	uint64_t value;
	unsigned char binding; /* STB_LOCAL, STB_GLOBAL, STB_WEAK */
};

/*
 * -ENOEXEC unless data is a relocatable ELF object whose section headers and sections all lie
 * within length: a file cut short anywhere is found out. The message says what is wrong with "it".
 */
int elf_open(struct elf *elf, const void *data, size_t length, struct error *error);
/* The same for those who only want to know, and strictly: every section has a name. */
int elf_check_module(const void *data, size_t length, struct error *error);

/* The section of this name, or false. One without bytes in the file (SHT_NOBITS) is empty. */
bool elf_find_section(const struct elf *elf, const char *name, struct elf_section *ret_section);
/* By index. */
bool elf_get_section(const struct elf *elf, uint64_t index, struct elf_section *ret_section);
/* The name of a section; "" if there is none. */
const char *elf_section_name(const struct elf *elf, uint64_t index);

/* The NUL-terminated text at this place of a section; NULL if it does not end within it. */
const char *elf_text(const struct elf *elf, const struct elf_section *section, uint64_t offset);
/* An unsigned number of size bytes (1 to 8) at this place of a section; false beyond its end. */
bool elf_number(const struct elf *elf, const struct elf_section *section, uint64_t offset,
		size_t size, uint64_t *ret_number);

/*
 * The symbol table, the first of its kind, with *ret_count symbols for elf_get_symbol(); without
 * one there are none.
 */
void elf_find_symbols(const struct elf *elf, struct elf_section *ret_table, uint64_t *ret_count);
/* index < *ret_count. False for a symbol whose name is not within its string table. */
bool elf_get_symbol(const struct elf *elf, const struct elf_section *table, uint64_t index,
		    struct elf_symbol *ret_symbol);
