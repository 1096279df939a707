/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes EFI signature lists of one entry each. */
#pragma once

#include <stdint.h>

#include "base/text.h"

enum signature_list_type { X509_LIST, HASH_LIST };

static inline void signature_list_add(struct buffer *lists, enum signature_list_type type,
				      const void *entry, size_t length)
{
	static const unsigned char types[][16] = {
		[X509_LIST] = {0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab,
			       0x15, 0x5c, 0x2b, 0xf0, 0x72},
		[HASH_LIST] = {0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41,
			       0xf9, 0x36, 0x93, 0x43, 0x28},
	};
	const uint32_t sizes[] = {(uint32_t)(28 + 16 + length), 0, (uint32_t)(16 + length)};

	buffer_add(lists, types[type], 16);
	buffer_add(lists, sizes, sizeof(sizes));
	buffer_add(lists, "owner of 16 byte", 16);
	buffer_add(lists, entry, length);
}
