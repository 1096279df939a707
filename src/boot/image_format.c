/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/image_format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "kernel/module_lists.h"

static const char last_name[] = "TRAILER!!!";

/* The fields of a cpio header have eight hexadecimal digits each. */
enum { MAGIC_SIZE = 6, FIELD_SIZE = 8, FILE_SIZE_FIELD = 6, NAME_SIZE_FIELD = 11 };

static int broken(const char *what, struct error *error)
{
	return error_set(error, -EINVAL, 0, "a cpio archive in it is broken (%s)", what);
}

static bool parse_field(const char *header, size_t field, uint64_t *ret_value)
{
	char digits[FIELD_SIZE + 1] = "";
	char *end;

	memcpy(digits, header + MAGIC_SIZE + field * FIELD_SIZE, FIELD_SIZE);
	if (strspn(digits, "0123456789abcdefABCDEF") != FIELD_SIZE)
		return false;
	*ret_value = strtoull(digits, &end, 16);
	return true;
}

/* Names and data are padded to a multiple of four. */
static uint64_t filled_up(uint64_t size)
{
	return (size + 3) & ~(uint64_t)3;
}

static int take_header(struct cpio_names *names, struct error *error)
{
	uint64_t file_size, name_size;

	if (strncmp(names->header, "070701", MAGIC_SIZE) != 0 &&
	    strncmp(names->header, "070702", MAGIC_SIZE) != 0)
		return broken("a header has another magic number", error);
	if (!parse_field(names->header, FILE_SIZE_FIELD, &file_size) ||
	    !parse_field(names->header, NAME_SIZE_FIELD, &name_size))
		return broken("a header has no numbers", error);
	if (name_size < 1 || name_size > CPIO_NAME_LIMIT)
		return broken("a name has no sensible length", error);
	names->left = filled_up(file_size);
	names->name_size = (size_t)(filled_up(CPIO_HEADER_SIZE + name_size) - CPIO_HEADER_SIZE);
	names->filled = 0;
	names->place = CPIO_NAME;
	return 0;
}

static bool is_module(const char *path)
{
	static const char *const suffixes[] = {".ko",     ".ko.xz",   ".ko.zst", ".ko.gz",
					       ".ko.bz2", ".ko.lzma", ".ko.lz4"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (text_ends_with(path, suffixes[i]))
			return true;
	return false;
}

static void take_module(struct cpio_names *names, const char *path)
{
	cleanup(free_string) char *name = module_kernel_name(path);

	for (size_t i = 0; i < names->wanted->count; i++) {
		struct strmap_entry *entry = &names->wanted->entries[i];

		if (entry->value || !text_equal(entry->key, name))
			continue;
		entry->value = names;
		names->found++;
	}
}

static void take_name(struct cpio_names *names)
{
	names->filled = 0;
	if (text_equal(names->name, last_name)) {
		names->archives++;
		names->left = 0;
		names->place = CPIO_BETWEEN;
		return;
	}
	if (is_module(names->name))
		take_module(names, names->name);
	names->place = names->left ? CPIO_DATA : CPIO_HEADER;
}

/* Copies bytes to target until it has `size` bytes; true when it has. */
static bool fill(struct cpio_names *names, char *target, size_t size, const char *data,
		 size_t length, size_t *taken)
{
	size_t wanted = size - names->filled;
	size_t part = length < wanted ? length : wanted;

	memcpy(target + names->filled, data, part);
	names->filled += part;
	*taken += part;
	target[names->filled] = '\0';
	return names->filled == size;
}

/* Skips zeros. False if other bytes than a header follow. */
static bool pass_between(struct cpio_names *names, const char *data, size_t length, size_t *taken)
{
	while (*taken < length && !data[*taken])
		(*taken)++;
	if (*taken == length)
		return true;
	if (data[*taken] != '0')
		return false;
	names->place = CPIO_HEADER;
	names->filled = 0;
	return true;
}

static void pass_data(struct cpio_names *names, size_t length, size_t *taken)
{
	uint64_t part = length - *taken < names->left ? length - *taken : names->left;

	*taken += (size_t)part;
	names->left -= part;
	if (!names->left)
		names->place = CPIO_HEADER;
}

int cpio_names_feed(struct cpio_names *names, const char *data, size_t length, size_t *ret_taken,
		    struct error *error)
{
	size_t taken = 0;

	while (taken < length) {
		const char *at = data + taken;
		size_t rest = length - taken;

		switch (names->place) {
		case CPIO_BETWEEN:
			if (!pass_between(names, data, length, &taken)) {
				*ret_taken = taken;
				return 0;
			}
			break;
		case CPIO_HEADER:
			if (fill(names, names->header, CPIO_HEADER_SIZE, at, rest, &taken) &&
			    take_header(names, error) < 0)
				return error->code;
			break;
		case CPIO_NAME:
			if (fill(names, names->name, names->name_size, at, rest, &taken))
				take_name(names);
			break;
		case CPIO_DATA:
			pass_data(names, length, &taken);
			break;
		}
	}
	*ret_taken = taken;
	return 0;
}

bool cpio_names_are_whole(const struct cpio_names *names)
{
	return names->archives && names->place == CPIO_BETWEEN;
}

/* Offsets and sizes in a PE file. Numbers are little-endian. */
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
