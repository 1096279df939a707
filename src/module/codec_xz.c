/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/codec.h"

#include <errno.h>
#include <lzma.h>

#include "base/cleanup.h"
#include "base/memory.h"

/* Enough for what xz itself writes at any level (-9 needs 65 MiB to decompress). */
#define DECODER_MEMORY ((uint64_t)256 << 20)

static const char *reason_of(lzma_ret result)
{
	switch (result) {
	case LZMA_FORMAT_ERROR:
		return "not the xz format";
	case LZMA_DATA_ERROR:
		return "checksum or structure wrong";
	case LZMA_OPTIONS_ERROR:
		return "unsupported options";
	case LZMA_MEMLIMIT_ERROR:
		return "dictionary too large";
	default:
		return "cut short";
	}
}

static int xz_compress(const void *data, size_t length, const struct codec_options *options,
		       char **ret_data, size_t *ret_length, struct error *error)
{
	lzma_options_lzma lzma2;
	const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &lzma2}, {LZMA_VLI_UNKNOWN, NULL}};
	lzma_stream stream = LZMA_STREAM_INIT;
	uint32_t preset = (uint32_t)options->level | (options->extreme ? LZMA_PRESET_EXTREME : 0);

	if (lzma_lzma_preset(&lzma2, preset))
		return error_set(error, -EINVAL, 0, "xz has no level %d.", options->level);
	lzma2.dict_size = options->dictionary;
	lzma_ret result = lzma_stream_encoder(&stream, filters,
					      options->check ? LZMA_CHECK_CRC32 : LZMA_CHECK_NONE);
	size_t room = lzma_stream_buffer_bound(length);
	cleanup(free_string) char *compressed = xreallocarray(NULL, room, 1);

	if (result == LZMA_OK) {
		stream.next_in = data;
		stream.avail_in = length;
		stream.next_out = (uint8_t *)compressed;
		stream.avail_out = room;
		result = lzma_code(&stream, LZMA_FINISH);
	}
	uint64_t written = stream.total_out;

	lzma_end(&stream);
	if (result != LZMA_STREAM_END)
		return error_set(error, -EIO, 0, "xz failed (liblzma error %d).", (int)result);
	*ret_length = (size_t)written;
	*ret_data = TAKE(compressed);
	return 0;
}

static int drain(lzma_stream *stream, size_t limit, struct buffer *plain, struct error *error)
{
	char chunk[65536];
	lzma_ret result;

	do {
		stream->next_out = (uint8_t *)chunk;
		stream->avail_out = sizeof(chunk);
		result = lzma_code(stream, LZMA_FINISH);
		if (result != LZMA_OK && result != LZMA_STREAM_END)
			return codec_damaged(&codec_xz, reason_of(result), error);
		if (codec_add(plain, chunk, sizeof(chunk) - stream->avail_out, limit, error) < 0)
			return error->code;
	} while (result != LZMA_STREAM_END);
	return 0;
}

static int xz_decompress(const void *data, size_t length, size_t limit, struct buffer *plain,
			 struct error *error)
{
	lzma_stream stream = LZMA_STREAM_INIT;

	if (lzma_stream_decoder(&stream, DECODER_MEMORY, LZMA_CONCATENATED) != LZMA_OK)
		return error_errno(error, -ENOMEM, 0, "xz");
	stream.next_in = data;
	stream.avail_in = length;
	int code = drain(&stream, limit, plain, error);

	lzma_end(&stream);
	return code;
}

const struct codec codec_xz = {
	.program = "xz",
	.lowest_level = 0,
	.default_level = LZMA_PRESET_DEFAULT,
	.highest_level = 9,
	.compress = xz_compress,
	.decompress = xz_decompress,
};
