/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which kernel modules an initramfs holds, without unpacking it. An initramfs is a row of cpio
 * archives: first plain archives (microcode), then a compressed archive (gzip, xz, zstd, lz4, lzma,
 * bzip2). In a unified kernel image, the section ".initrd" counts. A confined worker reads the
 * image, piece by piece.
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"

/*
 * Adds to found the wanted names (as the kernel has them: "foo_bar") of modules in the image. A
 * broken archive, or another compression, is an error, unless all names were found before.
 */
int initramfs_list(const char *path, const struct strv *wanted, struct strv *found,
		   struct error *error);
