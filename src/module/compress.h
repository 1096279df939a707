/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compression of .ko files as kernels and kmod read them: gzip, xz (CRC32, dictionary ≤ 1 MiB),
 * zstd. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "model/compression.h"

/*
 * Compresses path to path + suffix and removes path. options are the command-line flags of the
 * gzip, xz or zstd program that framework.conf gives; only a level ("-9") and, for xz, --check=
 * and --lzma2=dict= are understood, others are refused by name. NULL: the default. COMPRESSION_NONE
 * does nothing. *ret_path is the resulting file, owned by the caller.
 */
int compress_file(const char *path, enum compression compression, const char *options,
		  char **ret_path, struct error *error);

/* Decompresses data held in memory to at most limit bytes. */
int decompress(const void *data, size_t length, enum compression compression, size_t limit,
	       char **ret_data, size_t *ret_length, struct error *error);
