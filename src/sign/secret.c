/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"

#define SECRET_MAX ((size_t)1 << 20)

/* Fills the buffer, which is never moved. Less may come if the file shrinks meanwhile. */
static int read_into(int fd, struct secret *secret, size_t size)
{
	while (secret->length < size) {
		ssize_t got = read(fd, secret->bytes + secret->length, size - secret->length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		secret->length += (size_t)got;
	}
	return 0;
}

int secret_read(const char *path, const char *what, struct secret *ret_secret, struct error *error)
{
	/* O_NONBLOCK: a FIFO in the file's place must not hang us. */
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	cleanup(secret_free) struct secret secret = {0};
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read the %s %s", what, path);
	if (!S_ISREG(info.st_mode))
		return error_set(error, -EINVAL, 0, "The %s %s is no regular file.", what, path);
	if (info.st_size > (off_t)SECRET_MAX)
		return error_set(error, -EFBIG, 0, "The %s %s is larger than %zu bytes.", what,
				 path, SECRET_MAX);
	secret.bytes = xcalloc((size_t)info.st_size + 1, 1);
	int code = read_into(fd, &secret, (size_t)info.st_size);

	if (code < 0)
		return error_errno(error, code, 0, "Cannot read the %s %s", what, path);
	if (secret.length == 0)
		return error_set(error, -ENODATA, 0, "The %s %s is empty.", what, path);
	*ret_secret = secret;
	secret = (struct secret){0};
	return 0;
}

void secret_free(struct secret *secret)
{
	if (secret->bytes)
		OPENSSL_cleanse(secret->bytes, secret->length);
	free(secret->bytes);
	*secret = (struct secret){0};
}
