/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/pe_section.h"

#include <string.h>

/* Where things are; numbers are little-endian. */
enum {
	HEADER_OFFSET_AT = 0x3c,
	HEADER_SIZE = 24,
	SECTION_COUNT_AT = 6,
	OPTIONAL_SIZE_AT = 20,
	SECTION_SIZE = 40,
	NAME_SIZE = 8,
	USED_SIZE_AT = 8,
	FILE_SIZE_AT = 16,
	OFFSET_AT = 20,
};

static uint64_t number(const unsigned char *at, size_t bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | at[bytes];
	return value;
}

static void take_section(const unsigned char *section, uint64_t *ret_offset, uint64_t *ret_size)
{
	uint64_t used = number(section + USED_SIZE_AT, 4);
	uint64_t filled_up = number(section + FILE_SIZE_AT, 4);

	*ret_offset = number(section + OFFSET_AT, 4);
	*ret_size = used && used < filled_up ? used : filled_up;
}

bool pe_section_find(const unsigned char *head, size_t length, const char *name,
		     uint64_t *ret_offset, uint64_t *ret_size)
{
	unsigned char wanted[NAME_SIZE] = {0};
	uint64_t header, sections, count;

	memcpy(wanted, name, strnlen(name, NAME_SIZE));
	if (length < HEADER_OFFSET_AT + 4 || memcmp(head, "MZ", 2) != 0)
		return false;
	header = number(head + HEADER_OFFSET_AT, 4);
	if (header > length || length - header < HEADER_SIZE ||
	    memcmp(head + header, "PE\0\0", 4) != 0)
		return false;
	count = number(head + header + SECTION_COUNT_AT, 2);
	sections = header + HEADER_SIZE + number(head + header + OPTIONAL_SIZE_AT, 2);
	for (uint64_t at = sections; count-- > 0 && at + SECTION_SIZE <= length; at += SECTION_SIZE)
		if (memcmp(head + at, wanted, NAME_SIZE) == 0) {
			take_section(head + at, ret_offset, ret_size);
			return true;
		}
	return false;
}
