/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/codec.h"

#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/strv.h"

/* The largest dictionary that the kernel's own xz decompressor takes for modules. */
#define XZ_DICTIONARY_MAX (1U << 20)

/* Flags of the three programs that say nothing about the resulting bytes. */
static bool is_without_effect(const char *option)
{
	static const char *const names[] = {
		"--force", "--keep",    "--no-name",       "--quiet",
		"--rm",    "--verbose", "--single-thread", "--ultra",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_equal(option, names[i]))
			return true;
	return text_starts_with(option, "--threads=");
}

/* Short flags in a row, "9f" or "T0". False for what is not understood. */
static bool parse_short(const struct codec *codec, const char *flags, struct codec_options *options)
{
	static const char digits[] = "0123456789";

	while (*flags) {
		size_t number = strspn(flags, digits);

		if (number > 2)
			return false;
		if (number > 0) {
			options->level = atoi(flags);
			flags += number;
		} else if (*flags == 'T') {
			flags += 1 + strspn(flags + 1, digits);
		} else if (strchr("fknqv", *flags)) {
			flags++;
		} else if (*flags == 'e' && codec == &codec_xz) {
			options->extreme = true;
			flags++;
		} else {
			return false;
		}
	}
	return true;
}

/* "1MiB", "512KiB", "64k", "65536"; 0 for what is no size. */
static uint64_t parse_size(const char *text)
{
	char *unit;
	unsigned long long number = strtoull(text, &unit, 10);

	if (unit == text || *text == '-' || number > UINT32_MAX)
		return 0;
	if (text_equal(unit, "KiB") || text_equal(unit, "K") || text_equal(unit, "k"))
		return number << 10;
	if (text_equal(unit, "MiB") || text_equal(unit, "M") || text_equal(unit, "m"))
		return number << 20;
	return *unit ? 0 : number;
}

static int parse_dictionary(const char *option, const char *size, struct codec_options *options,
			    struct error *error)
{
	const uint64_t smallest = 4096; /* what the format allows */
	uint64_t dictionary = parse_size(size);

	if (dictionary < smallest)
		return error_set(error, -EINVAL, 0, "xz option %s has no valid dictionary size.",
				 option);
	if (dictionary > XZ_DICTIONARY_MAX)
		return error_set(error, -EINVAL, 0,
				 "xz option %s: kernels read dictionaries of at most 1 MiB.",
				 option);
	options->dictionary = (uint32_t)dictionary;
	return 0;
}

static int parse_check(const char *option, const char *name, struct codec_options *options,
		       struct error *error)
{
	if (!text_equal(name, "crc32") && !text_equal(name, "none"))
		return error_set(error, -EINVAL, 0,
				 "xz option %s: kernels know no check but crc32 (or none).",
				 option);
	options->check = text_equal(name, "crc32");
	return 0;
}

static int parse_option(const struct codec *codec, const char *option,
			struct codec_options *options, struct error *error)
{
	static const char check[] = "--check=";
	static const char dictionary[] = "--lzma2=dict=";
	bool xz = codec == &codec_xz;

	if (is_without_effect(option))
		return 0;
	if (xz && text_starts_with(option, check))
		return parse_check(option, option + strlen(check), options, error);
	if (xz && text_starts_with(option, dictionary))
		return parse_dictionary(option, option + strlen(dictionary), options, error);
	if (xz && text_equal(option, "--extreme"))
		return parse_option(codec, "-e", options, error);
	if (option[0] == '-' && option[1] && parse_short(codec, option + 1, options))
		return 0;
	return error_set(error, -EINVAL, 0, "%s option %s is not supported for modules.",
			 codec->program, option);
}

static int parse_all(const struct codec *codec, const char *text, struct codec_options *options,
		     struct error *error)
{
	cleanup(strv_free) struct strv words = {0};
	char *word;

	strv_split(&words, text ? text : "", " \t\n");
	STRV_FOREACH (word, &words)
		if (parse_option(codec, word, options, error) < 0)
			return error->code;
	if (options->level < codec->lowest_level || options->level > codec->highest_level)
		return error_set(error, -EINVAL, 0, "%s has no level %d.", codec->program,
				 options->level);
	return 0;
}

int codec_parse_options(const struct codec *codec, const char *text,
			struct codec_options *ret_options, struct error *error)
{
	struct codec_options options = {
		.level = codec->default_level,
		.check = true,
		.dictionary = XZ_DICTIONARY_MAX,
	};

	if (parse_all(codec, text, &options, error) < 0)
		return error_hint(error, "Correct compress_%s_opts in framework.conf.",
				  codec->program);
	*ret_options = options;
	return 0;
}

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
