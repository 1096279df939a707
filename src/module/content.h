/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a module file, taken apart in this process, which is a confined worker
 * (cage/worker.h).
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/* No module is larger, compressed or not. */
#define MODULE_SIZE_MAX ((size_t)1 << 30)

struct module_content {
	char *data; /* decompressed */
	size_t length;
	size_t unsigned_length; /* without signatures at the end */
};

/* As ko_read(), from a descriptor. path names the file in messages, its suffix the compression. */
int module_content_unpack(int fd, const char *path, char **ret_data, size_t *ret_length,
			  struct error *error);

/* The same with what is signed; -EBADMSG for a damaged signature. */
int module_content_read(int fd, const char *path, struct module_content *ret_content,
			struct error *error);
void module_content_free(struct module_content *content);

/* Opens a regular file without ever blocking. */
int module_open(const char *path, int *ret_fd, struct error *error);
