/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/codec.h"

#include <errno.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/memory.h"

DEFINE_CLEANUP(ZSTD_CCtx *, ZSTD_freeCCtx)
DEFINE_CLEANUP(ZSTD_DStream *, ZSTD_freeDStream)

static int zstd_compress(const void *data, size_t length, const struct codec_options *options,
			 char **ret_data, size_t *ret_length, struct error *error)
{
	cleanup(ZSTD_freeCCtx_handler) ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(length);

	if (!context)
		return error_errno(error, -ENOMEM, 0, "zstd");
	cleanup(free_string) char *compressed = xreallocarray(NULL, room, 1);

	/* In one call with all data at hand, the content size goes into the frame header. */
	(void)ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, options->level);
	(void)ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	size_t result = ZSTD_compress2(context, compressed, room, data, length);

	if (ZSTD_isError(result))
		return error_set(error, -EIO, 0, "zstd failed (%s).", ZSTD_getErrorName(result));
	*ret_length = result;
	*ret_data = TAKE(compressed);
	return 0;
}

static int zstd_decompress(const void *data, size_t length, size_t limit, struct buffer *plain,
			   struct error *error)
{
	cleanup(ZSTD_freeDStream_handler) ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = {.src = data, .size = length};
	char chunk[65536];
	size_t left;

	if (!stream)
		return error_errno(error, -ENOMEM, 0, "zstd");
	ZSTD_outBuffer out;
	do { /* 0 left: a frame ended, and perhaps another follows */
		out = (ZSTD_outBuffer){.dst = chunk, .size = sizeof(chunk)};
		left = ZSTD_decompressStream(stream, &out, &in);
		if (ZSTD_isError(left))
			return codec_damaged(&codec_zstd, ZSTD_getErrorName(left), error);
		if (codec_add(plain, chunk, out.pos, limit, error) < 0)
			return error->code;
	} while (in.pos < in.size || (left && out.pos == out.size));
	return left ? codec_damaged(&codec_zstd, "cut short", error) : 0;
}

const struct codec codec_zstd = {
	.program = "zstd",
	.lowest_level = 1,
	.default_level = ZSTD_CLEVEL_DEFAULT,
	.highest_level = 22,
	.compress = zstd_compress,
	.decompress = zstd_decompress,
};
