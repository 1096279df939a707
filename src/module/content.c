/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "model/compression.h"
#include "module/compress.h"
#include "module/signature.h"

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
