/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/acl.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char attribute[] = "system.posix_acl_access";

/* The attribute's format, little-endian (linux/posix_acl_xattr.h). */
struct header {
	uint32_t version;
};
struct entry {
	uint16_t tag;
	uint16_t rights;
	uint32_t id;
};

enum { VERSION = 2, TAG_USER = 0x02, TAG_GROUP = 0x08, TAG_MASK = 0x10, RIGHT_WRITE = 2 };
enum { MOST_BYTES = 4096 };

/* Whether the mask leaves the right to write. */
static bool mask_allows_writing(const struct entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (le16toh(entries[i].tag) == TAG_MASK)
			return le16toh(entries[i].rights) & RIGHT_WRITE;
	return true;
}

static void judge(const char *bytes, ssize_t length, struct acl *acl)
{
	struct entry entries[MOST_BYTES / sizeof(struct entry)];
	struct header header;

	if (length < (ssize_t)sizeof(header))
		return;
	size_t count = ((size_t)length - sizeof(header)) / sizeof(struct entry);

	memcpy(&header, bytes, sizeof(header));
	memcpy(entries, bytes + sizeof(header), count * sizeof(struct entry));
	if (le32toh(header.version) != VERSION || !mask_allows_writing(entries, count))
		return;
	for (size_t i = 0; i < count; i++) {
		uint32_t id = le32toh(entries[i].id);

		if (!(le16toh(entries[i].rights) & RIGHT_WRITE) || !id)
			continue;
		if (le16toh(entries[i].tag) == TAG_USER && !acl->writer)
			acl->writer = id;
		if (le16toh(entries[i].tag) == TAG_GROUP)
			acl->group_writes = true;
	}
}

void acl_of_path(const char *path, struct acl *acl)
{
	char bytes[MOST_BYTES] = {0};

	judge(bytes, getxattr(path, attribute, bytes, sizeof(bytes)), acl);
}

void acl_of_descriptor(int fd, struct acl *acl)
{
	char bytes[MOST_BYTES] = {0};

	judge(bytes, fgetxattr(fd, attribute, bytes, sizeof(bytes)), acl);
}
