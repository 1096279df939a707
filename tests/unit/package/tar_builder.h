/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tar files byte by byte, so that they can say what no tar program would write:
 *
 *	cleanup(buffer_free) struct buffer tar = {0};
 *	tar_file(&tar, "foo/dkms.conf", "PACKAGE_NAME=foo\n");
 *	tar_end(&tar);
 *
 * The format is POSIX ustar (pax(1)) with GNU's way to write large numbers and sparse files.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "scratch.h"

struct tar_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type,
		link_name[100], magic[8], user[32], group[32], major[8], minor[8], prefix[155],
		padding[12];
};

struct tar_member {
	const char *name;
	char type; /* '0' file, '1' hard link, '2' link, '3' device, '5' directory, '6' FIFO */
	const char *target;
	unsigned mode;
	const char *content;   /* NULL: none follows, whatever size says */
	long long size;        /* 0: of the content */
	long long sparse_size; /* type 'S': what it is unpacked; no content */
};

/* Base 256, where octal digits do not suffice. */
static inline void tar_number(char *field, size_t length, unsigned long long number)
{
	memset(field, 0, length);
	field[0] = (char)0x80;
	for (size_t i = length; i-- > 1; number >>= 8)
		field[i] = (char)(number & 0xff);
}

static inline void tar_checksum(struct tar_header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned sum = 0;

	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += bytes[i];
	(void)snprintf(header->checksum, sizeof(header->checksum), "%06o", sum);
}

static inline void tar_add(struct buffer *tar, const struct tar_member *member)
{
	static const char zeros[512];
	struct tar_header header = {.type = member->type, .magic = "ustar"};
	size_t length = member->content ? strlen(member->content) : 0;
	long long size = member->size ? member->size : (long long)length;

	assert_int_equal(sizeof(header), 512);
	memcpy(header.magic, "ustar\00000", 8);
	memcpy(header.name, member->name, strnlen(member->name, sizeof(header.name)));
	if (member->target)
		memcpy(header.link_name, member->target,
		       strnlen(member->target, sizeof(header.link_name)));
	(void)snprintf(header.mode, sizeof(header.mode), "%07o",
		       (member->mode ? member->mode : 0644) & 07777);
	(void)snprintf(header.uid, sizeof(header.uid), "%07o", 1234);
	(void)snprintf(header.gid, sizeof(header.gid), "%07o", 1234);
	(void)snprintf(header.mtime, sizeof(header.mtime), "%011o", 1000000000);
	tar_number(header.size, sizeof(header.size), (unsigned long long)size);
	if (member->sparse_size) { /* GNU: a map of what is no hole, then the real size */
		char *map = (char *)&header + 386;

		memcpy(header.magic, "ustar  ", 8);
		tar_number(map, 12, (unsigned long long)member->sparse_size);
		tar_number(map + 12, 12, 0);
		tar_number((char *)&header + 483, 12, (unsigned long long)member->sparse_size);
	}
	tar_checksum(&header);
	buffer_add(tar, &header, sizeof(header));
	if (!length)
		return;
	buffer_add(tar, member->content, length);
	buffer_add(tar, zeros, (512 - length % 512) % 512);
}

static inline void tar_file(struct buffer *tar, const char *name, const char *content)
{
	tar_add(tar, &(struct tar_member){.name = name, .type = '0', .content = content});
}

static inline void tar_directory(struct buffer *tar, const char *name)
{
	tar_add(tar, &(struct tar_member){.name = name, .type = '5', .mode = 0755});
}

static inline void tar_link(struct buffer *tar, const char *name, const char *target)
{
	tar_add(tar, &(struct tar_member){.name = name, .type = '2', .target = target});
}

static inline void tar_end(struct buffer *tar)
{
	static const char zeros[1024];

	buffer_add(tar, zeros, sizeof(zeros));
}

/* Writes it below scratch; the path is owned by the caller. */
static inline char *tar_write(const struct buffer *tar, const char *scratch, const char *name)
{
	scratch_write_bytes(scratch, name, tar->data, tar->length, 0644);
	return path_join(scratch, name, NULL);
}
