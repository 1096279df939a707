/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One compression format each, behind compress.h: what compress.c and codec_*.c share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

struct codec_options {
	int level;
	bool extreme;        /* xz -e */
	bool check;          /* xz: with a CRC32 */
	uint32_t dictionary; /* xz: bytes */
};

struct codec {
	const char *program; /* whose options framework.conf gives */
	int lowest_level, default_level, highest_level;
	/* Data of at most CODEC_INPUT_MAX bytes; *ret_data is owned by the caller. */
	int (*compress)(const void *data, size_t length, const struct codec_options *options,
			char **ret_data, size_t *ret_length, struct error *error);
	int (*decompress)(const void *data, size_t length, size_t limit, struct buffer *plain,
			  struct error *error);
};

extern const struct codec codec_gzip, codec_xz, codec_zstd;

/* No module comes near it, and every library's length type holds twice as much. */
#define CODEC_INPUT_MAX ((size_t)1 << 30)

/* Adds a decompressed piece, or fails with -EFBIG if it would pass limit. */
int codec_add(struct buffer *plain, const char *piece, size_t length, size_t limit,
	      struct error *error);

/* -EBADMSG: "The gzip data is damaged or cut short (REASON)". */
int codec_damaged(const struct codec *codec, const char *reason, struct error *error);

/* Reads the program's options as compress_file() documents them; text may be NULL. */
int codec_parse_options(const struct codec *codec, const char *text,
			struct codec_options *ret_options, struct error *error);
