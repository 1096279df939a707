/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/packed_image.h"

#include <lzma.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/memory.h"

enum {
	CHUNK = 256 << 10,
	HEADER = 64,
	GZIP_WRAPPER = 16,
	ZSTD_WINDOW_LOG_MAX = 27, /* of zstd -22 --ultra, as kbuild calls it */
};

#define LZMA_MEMORY_MAX ((uint64_t)256 << 20)

/* Where packed bytes come from, and where plain ones go. */
struct stream {
	int fd;
	off_t at;
	uint64_t left;  /* packed bytes that may still be read */
	uint64_t limit; /* plain bytes that may still be given */
	image_taker *take;
	void *context;
	char *in, *out; /* CHUNK bytes each */
};

/* The next packed bytes, in stream->in; 0 at the end. */
static size_t next_piece(struct stream *stream)
{
	size_t wanted = stream->left < CHUNK ? (size_t)stream->left : CHUNK;
	ssize_t got = wanted ? pread(stream->fd, stream->in, wanted, stream->at) : 0;

	if (got <= 0)
		return 0;
	stream->at += got;
	stream->left -= (uint64_t)got;
	return (size_t)got;
}

static bool give(struct stream *stream, const char *data, size_t length)
{
	size_t allowed = length < stream->limit ? length : (size_t)stream->limit;

	stream->limit -= allowed;
	return (!allowed || stream->take(stream->context, data, allowed)) && stream->limit;
}

static void read_plain(struct stream *stream)
{
	size_t length;

	do
		length = next_piece(stream);
	while (length && give(stream, stream->in, length));
}

static void read_gzip(struct stream *stream)
{
	z_stream unpacker = {0};
	int code = inflateInit2(&unpacker, MAX_WBITS + GZIP_WRAPPER);
	bool wanted = code == Z_OK;

	while (wanted && code == Z_OK && (unpacker.avail_in = (uInt)next_piece(stream))) {
		unpacker.next_in = (Bytef *)stream->in;
		do {
			unpacker.next_out = (Bytef *)stream->out;
			unpacker.avail_out = CHUNK;
			code = inflate(&unpacker, Z_NO_FLUSH);
			wanted = give(stream, stream->out, CHUNK - unpacker.avail_out);
		} while (wanted && code == Z_OK && !unpacker.avail_out);
		if (code == Z_BUF_ERROR) /* it wants more */
			code = Z_OK;
	}
	(void)inflateEnd(&unpacker);
}

DEFINE_CLEANUP(ZSTD_DStream *, ZSTD_freeDStream)

static void read_zstd(struct stream *stream)
{
	cleanup(ZSTD_freeDStream_handler) ZSTD_DStream *unpacker = ZSTD_createDStream();
	bool wanted = unpacker && !ZSTD_isError(ZSTD_DCtx_setParameter(
					  unpacker, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX));
	ZSTD_inBuffer in = {.src = stream->in};

	while (wanted && (in.size = next_piece(stream))) {
		ZSTD_outBuffer out;

		in.pos = 0;
		do {
			out = (ZSTD_outBuffer){.dst = stream->out, .size = CHUNK};
			wanted = !ZSTD_isError(ZSTD_decompressStream(unpacker, &out, &in)) &&
				 give(stream, stream->out, out.pos);
		} while (wanted && (in.pos < in.size || out.pos == out.size));
	}
}

/* xz, and lzma as it was before. */
static void read_xz(struct stream *stream)
{
	lzma_stream unpacker = LZMA_STREAM_INIT;
	lzma_ret code = lzma_auto_decoder(&unpacker, LZMA_MEMORY_MAX, 0);
	bool wanted = true;

	while (wanted && code == LZMA_OK && (unpacker.avail_in = next_piece(stream))) {
		unpacker.next_in = (const uint8_t *)stream->in;
		do {
			unpacker.next_out = (uint8_t *)stream->out;
			unpacker.avail_out = CHUNK;
			code = lzma_code(&unpacker, LZMA_RUN);
			wanted = give(stream, stream->out, CHUNK - unpacker.avail_out);
		} while (wanted && code == LZMA_OK && !unpacker.avail_out);
		if (code == LZMA_BUF_ERROR)
			code = LZMA_OK;
	}
	lzma_end(&unpacker);
}

#define XZ_MAGIC \
	"\xfd"   \
	"7zXZ"

static const struct format {
	const char *magic;
	size_t length;
	const char *name; /* as an EFI program calls it */
	void (*read)(struct stream *stream);
} formats[] = {
	{"\x1f\x8b\x08", 3, "gzip", read_gzip},
	{"\x28\xb5\x2f\xfd", 4, "zstd22", read_zstd},
	{"\x28\xb5\x2f\xfd", 4, "zstd", read_zstd},
	{XZ_MAGIC, 6, "xzkern", read_xz},
	{XZ_MAGIC, 6, "xz", read_xz},
	{"\x5d\x00\x00", 3, "lzma", read_xz},
};

static uint32_t little_number(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

/*
 * Linux's EFI program (drivers/firmware/efi/libstub/zboot-header.S): "MZ", at 4 "zimg", at 8 where
 * the packed image begins and how long it is, at 24 how it is packed.
 */
static const struct format *find_in_program(struct stream *stream, const unsigned char *header)
{
	enum { NAME_AT = 24, NAME_SIZE = 32 };

	if (memcmp(header, "MZ", 2) != 0 || memcmp(header + 4, "zimg", 4) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (strncmp((const char *)header + NAME_AT, formats[i].name, NAME_SIZE) != 0)
			continue;
		stream->at = little_number(header + 8);
		stream->left = little_number(header + 12);
		return &formats[i];
	}
	return NULL;
}

static const struct format *find_format(struct stream *stream)
{
	unsigned char header[HEADER] = {0};

	if (pread(stream->fd, header, sizeof(header), 0) <= 0)
		return NULL;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (memcmp(header, formats[i].magic, formats[i].length) == 0)
			return &formats[i];
	return find_in_program(stream, header);
}

void packed_image_read(int fd, uint64_t limit, image_taker *take, void *context)
{
	cleanup(free_string) char *in = xcalloc(CHUNK, 1);
	cleanup(free_string) char *out = xcalloc(CHUNK, 1);
	struct stream stream = {
		.fd = fd,
		.left = UINT64_MAX,
		.limit = limit,
		.take = take,
		.context = context,
		.in = in,
		.out = out,
	};
	const struct format *format = find_format(&stream);

	(format ? format->read : read_plain)(&stream);
}
