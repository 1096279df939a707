/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/codec.h"

#include <errno.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/memory.h"

enum { GZIP_WRAPPER = 16 }; /* added to the window bits: gzip, not zlib's own wrapper */

static int gzip_compress(const void *data, size_t length, const struct codec_options *options,
			 char **ret_data, size_t *ret_length, struct error *error)
{
	z_stream stream = {.next_in = (Bytef *)data, .avail_in = (uInt)length};

	/* zlib's default gzip header holds no name and no time. */
	if (deflateInit2(&stream, options->level, Z_DEFLATED, MAX_WBITS + GZIP_WRAPPER,
			 MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return error_errno(error, -ENOMEM, 0, "gzip");
	size_t room = deflateBound(&stream, length);
	cleanup(free_string) char *compressed = xreallocarray(NULL, room, 1);

	stream.next_out = (Bytef *)compressed;
	stream.avail_out = (uInt)room;
	int result = deflate(&stream, Z_FINISH);

	(void)deflateEnd(&stream);
	if (result != Z_STREAM_END)
		return error_set(error, -EIO, 0, "gzip failed (zlib error %d).", result);
	*ret_length = stream.total_out;
	*ret_data = TAKE(compressed);
	return 0;
}

/* Inflates one member, leaving the stream behind its trailer. */
static int inflate_member(z_stream *stream, size_t limit, struct buffer *plain, struct error *error)
{
	char chunk[65536];
	int result;

	do {
		stream->next_out = (Bytef *)chunk;
		stream->avail_out = sizeof(chunk);
		result = inflate(stream, Z_NO_FLUSH);
		if (result != Z_OK && result != Z_STREAM_END)
			return codec_damaged(&codec_gzip, stream->msg ? stream->msg : "cut short",
					     error);
		if (codec_add(plain, chunk, sizeof(chunk) - stream->avail_out, limit, error) < 0)
			return error->code;
	} while (result != Z_STREAM_END);
	return 0;
}

static int gzip_decompress(const void *data, size_t length, size_t limit, struct buffer *plain,
			   struct error *error)
{
	z_stream stream = {.next_in = (Bytef *)data, .avail_in = (uInt)length};

	if (inflateInit2(&stream, MAX_WBITS + GZIP_WRAPPER) != Z_OK)
		return error_errno(error, -ENOMEM, 0, "gzip");
	int code = inflate_member(&stream, limit, plain, error);

	while (!code && stream.avail_in > 0) { /* members may follow each other */
		(void)inflateReset(&stream);
		code = inflate_member(&stream, limit, plain, error);
	}
	(void)inflateEnd(&stream);
	return code;
}

const struct codec codec_gzip = {
	.program = "gzip",
	.lowest_level = 1,
	.default_level = 9,
	.highest_level = 9,
	.compress = gzip_compress,
	.decompress = gzip_decompress,
};
