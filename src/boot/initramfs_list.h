/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which kernel modules an initramfs holds, without unpacking it: cpio archives one after the other,
 * plain ones (microcode) first, then one that is compressed as libarchive can read (gzip, xz, zstd,
 * lz4, lzma, bzip2). Of a unified kernel image, that part. A confined worker reads it, piece by
 * piece.
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"

/*
 * Adds those of the wanted names (as the kernel has them: "foo_bar") that it holds to found. An
 * archive that is broken, or compressed in another way, is an error, unless all were found before.
 */
int initramfs_list(const char *path, const struct strv *wanted, struct strv *found,
		   struct error *error);
