/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/compress.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "module/codec.h"

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
