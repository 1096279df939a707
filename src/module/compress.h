/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compression of .ko files as kernels and kmod read them: gzip, xz (CRC32, dictionary ≤ 1 MiB),
 * zstd (content size in the frame). The same module always gives the same bytes: no file name and
 * no time goes in.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/compression.h"

/*
 * Compresses path to path + suffix (same mode, appearing by rename, not synced) and removes path.
 * COMPRESSION_NONE does nothing. *ret_path is the resulting file, owned by the caller.
 *
 * options are the flags for the gzip, xz or zstd program that framework.conf gives. Understood are
 * a level ("-9"; zstd's --ultra is implied), for xz also -e, --check=crc32|none and
 * --lzma2=dict=SIZE up to 1 MiB. Flags that change nothing here (-f, -k, -n, -q, -v, --rm, -T… and
 * their long forms) are accepted, as are short ones in a bundle ("-9f"). Any other is refused by
 * name (-EINVAL). NULL or "": the default, level 9 for gzip, 6 for xz, 3 for zstd.
 */
int compress_file(const char *path, enum compression compression, const char *options,
		  char **ret_path, struct error *error);

/* The same for bytes in memory; not for COMPRESSION_NONE. *ret_data is owned by the caller. */
int compress_bytes(const void *data, size_t length, enum compression compression,
		   const char *options, char **ret_data, size_t *ret_length, struct error *error);

/*
 * Decompresses data held in memory to at most limit bytes (-EFBIG beyond). Whatever is truncated,
 * damaged or followed by something else is an error (-EBADMSG). COMPRESSION_NONE copies. *ret_data
 * is owned by the caller and followed by a NUL that is not counted. The message speaks of the data
 * only: the caller says which file it is.
 */
int decompress(const void *data, size_t length, enum compression compression, size_t limit,
	       char **ret_data, size_t *ret_length, struct error *error);

/*
 * zstd in pieces, for files that are never in memory as a whole. What comes from elsewhere is
 * unpacked as it comes, and stops at a limit.
 */

/* Takes what was unpacked. An error ends the unpacking. */
typedef int zstd_taker(void *context, const void *data, size_t length, struct error *error);

struct zstd_reader;

/* limit: of the unpacked bytes. A frame that asks for a window above 8 MiB is refused. */
struct zstd_reader *zstd_reader_new(uint64_t limit, zstd_taker *take, void *context);
void zstd_reader_free(struct zstd_reader *reader);

/* The next piece. -EBADMSG: damaged, -EFBIG: more than the limit. */
int zstd_reader_add(struct zstd_reader *reader, const void *data, size_t length,
		    struct error *error);
/* -EBADMSG: cut short. */
int zstd_reader_end(struct zstd_reader *reader, struct error *error);

/* Packs what is read from one descriptor into another: the same bytes always give the same. */
int zstd_pack(int from, int to, struct error *error);
