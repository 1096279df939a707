/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/compress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "module/codec.h"

/*
 * zstd in pieces, for files that are never in memory as a whole: what comes from elsewhere is
 * unpacked as it comes, and stops at a limit.
 */

enum { CHUNK = 64 << 10, WINDOW_LOG_MAX = 23 };

struct zstd_reader {
	ZSTD_DStream *stream;
	uint64_t left; /* that may still come */
	zstd_taker *take;
	void *context;
	bool is_whole; /* a frame has ended, and no other has begun */
};

struct zstd_reader *zstd_reader_new(uint64_t limit, zstd_taker *take, void *context)
{
	struct zstd_reader *reader = NEW(struct zstd_reader);

	*reader = (struct zstd_reader){
		.stream = ZSTD_createDStream(), .left = limit, .take = take, .context = context};
	if (!reader->stream || ZSTD_isError(ZSTD_DCtx_setParameter(
				       reader->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		abort();
	return reader;
}

void zstd_reader_free(struct zstd_reader *reader)
{
	(void)ZSTD_freeDStream(reader->stream);
	free(reader);
}

static int pass_on(struct zstd_reader *reader, const char *piece, size_t length,
		   struct error *error)
{
	if (length > reader->left)
		return error_set(error, -EFBIG, 0, "It unpacks to more than is allowed.");
	reader->left -= length;
	return length ? reader->take(reader->context, piece, length, error) : 0;
}

int zstd_reader_add(struct zstd_reader *reader, const void *data, size_t length,
		    struct error *error)
{
	ZSTD_inBuffer in = {.src = data, .size = length};
	char piece[CHUNK];
	size_t left;

	if (!length)
		return 0;
	ZSTD_outBuffer out;
	do {
		out = (ZSTD_outBuffer){.dst = piece, .size = sizeof(piece)};
		left = ZSTD_decompressStream(reader->stream, &out, &in);
		if (ZSTD_isError(left))
			return codec_damaged(&codec_zstd, ZSTD_getErrorName(left), error);
		if (pass_on(reader, piece, out.pos, error) < 0)
			return error->code;
	} while (in.pos < in.size || (left && out.pos == out.size));
	reader->is_whole = left == 0;
	return 0;
}

int zstd_reader_end(struct zstd_reader *reader, struct error *error)
{
	return reader->is_whole ? 0 : codec_damaged(&codec_zstd, "cut short", error);
}

/* Packs one piece, or what is left at the end. */
static int pack_piece(ZSTD_CCtx *context, int to, ZSTD_inBuffer *in, bool is_last,
		      struct error *error)
{
	char packed[CHUNK];
	size_t left;
	bool done;

	do {
		ZSTD_outBuffer out = {.dst = packed, .size = sizeof(packed)};

		left = ZSTD_compressStream2(context, &out, in,
					    is_last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return error_set(error, -EIO, 0, "zstd failed (%s).",
					 ZSTD_getErrorName(left));
		int code = file_write_all(to, packed, out.pos);

		if (code < 0)
			return error_errno(error, code, 0, "Cannot write what zstd packed");
		done = is_last ? left == 0 : in->pos == in->size;
	} while (!done);
	return 0;
}

DEFINE_CLEANUP(ZSTD_CCtx *, ZSTD_freeCCtx)

int zstd_pack(int from, int to, struct error *error)
{
	cleanup(ZSTD_freeCCtx_handler) ZSTD_CCtx *context = ZSTD_createCCtx();
	char piece[CHUNK];
	struct stat info;
	ssize_t got;

	if (!context)
		abort();
	if (fstat(from, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read what is to be packed");
	(void)ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, ZSTD_CLEVEL_DEFAULT);
	(void)ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	(void)ZSTD_CCtx_setPledgedSrcSize(context, (unsigned long long)info.st_size);
	do {
		got = read(from, piece, sizeof(piece));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(error, -errno, 0, "Cannot read what is to be packed");
		ZSTD_inBuffer in = {.src = piece, .size = (size_t)got};

		if (pack_piece(context, to, &in, got == 0, error) < 0)
			return error->code;
	} while (got != 0);
	return 0;
}

static const struct codec *const codecs[] = {
	[COMPRESSION_GZIP] = &codec_gzip,
	[COMPRESSION_XZ] = &codec_xz,
	[COMPRESSION_ZSTD] = &codec_zstd,
};

int codec_add(struct buffer *plain, const char *piece, size_t length, size_t limit,
	      struct error *error)
{
	if (length > limit || plain->length > limit - length)
		return error_set(error, -EFBIG, 0, "It decompresses to more than %zu bytes.",
				 limit);
	buffer_add(plain, piece, length);
	return 0;
}

int codec_damaged(const struct codec *codec, const char *reason, struct error *error)
{
	return error_set(error, -EBADMSG, 0, "The %s data is damaged or cut short (%s).",
			 codec->program, reason);
}

int compress_bytes(const void *data, size_t length, enum compression compression,
		   const char *options, char **ret_data, size_t *ret_length, struct error *error)
{
	const struct codec *codec = codecs[compression];
	struct codec_options parsed;

	if (codec_parse_options(codec, options, &parsed, error) < 0)
		return error->code;
	return codec->compress(data, length, &parsed, ret_data, ret_length, error);
}

int compress_file(const char *path, enum compression compression, const char *options,
		  char **ret_path, struct error *error)
{
	cleanup(free_string) char *target = text_format("%s%s", path,
							compression_suffix(compression));
	cleanup(free_string) char *data = NULL;
	cleanup(free_string) char *compressed = NULL;
	struct codec_options parsed;
	size_t length;
	struct stat info;

	if (compression != COMPRESSION_NONE) {
		const struct codec *codec = codecs[compression];

		if (codec_parse_options(codec, options, &parsed, error) < 0 ||
		    file_read(path, CODEC_INPUT_MAX, &data, &length, error) < 0)
			return error->code;
		if (stat(path, &info) < 0)
			return error_errno(error, -errno, 0, "Cannot read %s", path);
		if (codec->compress(data, length, &parsed, &compressed, &length, error) < 0)
			return error_wrap(error, "Cannot compress %s", path);
		if (file_write_unsynced(target, compressed, length, info.st_mode & 07777, error) <
			    0 ||
		    file_unlink(path, error) < 0)
			return error->code;
	}
	*ret_path = TAKE(target);
	return 0;
}

int decompress(const void *data, size_t length, enum compression compression, size_t limit,
	       char **ret_data, size_t *ret_length, struct error *error)
{
	cleanup(buffer_free) struct buffer plain = {0};

	if (length > CODEC_INPUT_MAX)
		return error_set(error, -EFBIG, 0, "It is larger than %zu bytes.", CODEC_INPUT_MAX);
	if (compression == COMPRESSION_NONE) {
		if (codec_add(&plain, data, length, limit, error) < 0)
			return error->code;
	} else if (codecs[compression]->decompress(data, length, limit, &plain, error) < 0) {
		return error->code;
	}
	*ret_length = plain.length;
	*ret_data = buffer_take(&plain);
	return 0;
}
