/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

enum { BLOCK = 32 << 10 };

/* The library's calls fail for nothing but lack of memory: that ends the process. */
static EVP_MD_CTX *context(struct digest *digest)
{
	return (EVP_MD_CTX *)digest;
}

static void require(bool done)
{
	if (!done)
		abort();
}

struct digest *digest_new(void)
{
	EVP_MD_CTX *new = EVP_MD_CTX_new();

	require(new &&EVP_DigestInit_ex(new, EVP_sha256(), NULL) == 1);
	return (struct digest *)new;
}

void digest_free(struct digest *digest)
{
	EVP_MD_CTX_free(context(digest));
}

void digest_add_bytes(struct digest *digest, const void *data, size_t length)
{
	require(EVP_DigestUpdate(context(digest), data, length) == 1);
}

void digest_add_text(struct digest *digest, const char *text)
{
	if (text)
		digest_add_bytes(digest, "t", 1);
	digest_add_bytes(digest, text ? text : "", text ? strlen(text) + 1 : 1);
}

char *digest_finish(struct digest *digest)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int length = 0;
	struct buffer text = {0};

	require(EVP_DigestFinal_ex(context(digest), bytes, &length) == 1);
	digest_free(digest);
	for (unsigned int i = 0; i < length; i++)
		buffer_add_format(&text, "%02x", bytes[i]);
	return buffer_take(&text);
}

char *digest_of(const void *data, size_t length)
{
	struct digest *digest = digest_new();

	digest_add_bytes(digest, data, length);
	return digest_finish(digest);
}

static int add_content(struct digest *digest, int fd)
{
	char block[BLOCK];
	ssize_t got;

	while ((got = read(fd, block, BLOCK)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		digest_add_bytes(digest, block, (size_t)got);
	}
	return 0;
}

int digest_of_descriptor(int fd, char **ret_digest)
{
	cleanup(digest_free_handler) struct digest *digest = digest_new();
	int code = add_content(digest, fd);

	if (code < 0)
		return code;
	*ret_digest = digest_finish(TAKE(digest));
	return 0;
}

int digest_of_file(const char *path, char **ret_digest, struct error *error)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	int code = 0;

	if (fd < 0 || fstat(fd, &status) < 0)
		code = -errno;
	else if (!S_ISREG(status.st_mode))
		code = -EINVAL;
	else
		code = digest_of_descriptor(fd, ret_digest);
	return code < 0 ? error_errno(error, code, 0, "Cannot read %s", path) : 0;
}
