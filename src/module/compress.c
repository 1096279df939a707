/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/compress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "module/codec.h"
#include "module/signature.h"

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

/*
 * The bytes of a module file, taken apart in this process, which is a confined worker
 * (cage/worker.h).
 */

/* A module shrinks to a fifth or so; what grows a hundredfold was made to fill memory. */
#define GROWTH_MAX  ((size_t)64)
#define ALWAYS_FINE ((size_t)64 << 20)

static size_t limit_for(size_t compressed)
{
	if (compressed > (MODULE_SIZE_MAX - ALWAYS_FINE) / GROWTH_MAX)
		return MODULE_SIZE_MAX;
	return ALWAYS_FINE + compressed * GROWTH_MAX;
}

int module_content_unpack(int fd, const char *path, char **ret_data, size_t *ret_length,
			  struct error *error)
{
	enum compression compression = compression_of_name(path);
	cleanup(free_string) char *data = NULL;
	size_t length;

	if (file_read_opened(fd, path, MODULE_SIZE_MAX, &data, &length, error) < 0)
		return error->code;
	if (compression != COMPRESSION_NONE) {
		cleanup(free_string) char *compressed = TAKE(data);

		if (decompress(compressed, length, compression, limit_for(length), &data, &length,
			       error) < 0)
			return error_wrap(error, "Cannot read %s", path);
	}
	*ret_data = TAKE(data);
	*ret_length = length;
	return 0;
}

int module_content_read(int fd, const char *path, struct module_content *ret_content,
			struct error *error)
{
	cleanup(module_content_free) struct module_content content = {0};

	if (module_content_unpack(fd, path, &content.data, &content.length, error) < 0)
		return error->code;
	if (signature_find_start(content.data, content.length, &content.unsigned_length, error) < 0)
		return error_wrap(error, "Cannot read %s", path);
	*ret_content = content;
	content.data = NULL;
	return 0;
}

void module_content_free(struct module_content *content)
{
	free(content->data);
}

int module_open(const char *path, int *ret_fd, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	*ret_fd = fd;
	return 0;
}
