/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A struct package as bytes in a file of ours. */
#pragma once

#include "base/packed.h"
#include "model/package.h"

/* Another number for every change of what is packed, or of what it means. */
#define PACKED_PACKAGE_FORMAT 4

void package_pack(const struct package *package, struct buffer *buffer);

/*
 * The package that is all there is in packed, owned by the caller; NULL for anything that
 * package_pack() cannot have made of a package that was evaluated.
 */
struct package *package_unpack(struct packed packed);

/* A sum that tells a damaged file; no proof against anybody. */
uint64_t packed_sum(const void *data, size_t length);

/*
 * All of a file that this process may believe: a regular one, of root or of the user who runs dkms,
 * which nobody else may write to, at most limit bytes long. Owned by the caller; NULL otherwise.
 */
char *packed_file_read(const char *path, size_t limit, size_t *ret_length);
