/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/cpio_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "kernel/module_lists.h"

static const char last_name[] = "TRAILER!!!";

/* Where the fields are in a header, of eight hexadecimal digits each. */
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

/* Everything is filled up to a multiple of four. */
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

/* Copies what is missing of `size` bytes to target; true when that is all. */
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

/* Zeros, then a header or something else; false: something else. */
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
