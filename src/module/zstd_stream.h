/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zstd in pieces, for files that are never in memory as a whole: what comes from elsewhere is
 * unpacked as it comes, and stops at a limit.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct zstd_reader;

/* Takes what was unpacked. An error ends the unpacking. */
typedef int zstd_taker(void *context, const void *data, size_t length, struct error *error);

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
