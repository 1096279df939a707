/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/content.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "module/compress.h"

/*
 * How a signature is attached to a module (the kernel's Documentation/admin-guide/
 * module-signing.rst and struct module_signature): the signature itself, 12 bytes that describe it,
 * and a line of text. All follow the end of the ELF file, and nothing in the ELF file counts them.
 */

static const char marker[] = "~Module signature appended~\n";
#define MARKER_LENGTH (sizeof(marker) - 1)

/* The structure between the signature and the marker; the length is big endian. */
struct description {
	uint8_t algorithm; /* 0: the CMS says it */
	uint8_t hash;      /* 0: the same */
	uint8_t id_type;
	uint8_t signer_length; /* of two names before the signature, in the form before CMS */
	uint8_t key_id_length;
	uint8_t padding[3];
	uint32_t signature_length;
};
_Static_assert(sizeof(struct description) == 12, "as the kernel has it");

enum { ID_TYPE_CMS = 2 };

/* Takes one signature off the end of *length; *ret_found tells whether there was one. */
static int find_one(const char *data, size_t *length, bool *ret_found, struct error *error)
{
	struct description description;
	size_t rest = *length;

	*ret_found = rest >= MARKER_LENGTH &&
		     memcmp(data + rest - MARKER_LENGTH, marker, MARKER_LENGTH) == 0;
	if (!*ret_found)
		return 0;
	rest -= MARKER_LENGTH;
	if (rest < sizeof(description))
		return error_set(error, -EBADMSG, 0, "Its signature is cut short.");
	rest -= sizeof(description);
	memcpy(&description, data + rest, sizeof(description));
	size_t signature = (size_t)ntohl(description.signature_length) + description.signer_length +
			   description.key_id_length;

	if (signature > rest)
		return error_set(error, -EBADMSG, 0,
				 "Its signature claims %zu bytes where there are %zu.", signature,
				 rest);
	*length = rest - signature;
	return 0;
}

int signature_find_start(const void *data, size_t length, size_t *ret_length, struct error *error)
{
	bool found = true;

	while (found)
		if (find_one(data, &length, &found, error) < 0)
			return error->code;
	*ret_length = length;
	return 0;
}

/* A CMS says all by itself: every other field is 0. */
static bool is_plain(const struct description *description)
{
	const struct description plain = {.id_type = ID_TYPE_CMS,
					  .signature_length = description->signature_length};

	return memcmp(description, &plain, sizeof(plain)) == 0;
}

enum signature_form signature_find_last(const void *data, size_t length, size_t *ret_content,
					size_t *ret_cms)
{
	struct description description;
	size_t end = length - MARKER_LENGTH;
	const char *bytes = data;

	if (length <= MARKER_LENGTH || memcmp(bytes + end, marker, MARKER_LENGTH) != 0)
		return SIGNATURE_FORM_NONE;
	if (end <= sizeof(description))
		return SIGNATURE_FORM_SENSELESS;
	end -= sizeof(description);
	memcpy(&description, bytes + end, sizeof(description));
	size_t signature = ntohl(description.signature_length);

	if (signature >= end)
		return SIGNATURE_FORM_SENSELESS;
	if (description.id_type != ID_TYPE_CMS)
		return SIGNATURE_FORM_UNKNOWN;
	if (!is_plain(&description))
		return SIGNATURE_FORM_SENSELESS;
	*ret_content = end - signature;
	*ret_cms = signature;
	return SIGNATURE_FORM_CMS;
}

void signature_append(struct buffer *module, const void *cms, size_t length)
{
	const struct description description = {
		.id_type = ID_TYPE_CMS,
		.signature_length = htonl((uint32_t)length),
	};

	buffer_add(module, cms, length);
	buffer_add(module, &description, sizeof(description));
	buffer_add(module, marker, MARKER_LENGTH);
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
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	if (!S_ISREG(info.st_mode))
		return error_errno(error, S_ISDIR(info.st_mode) ? -EISDIR : -EINVAL, 0,
				   "Cannot read %s", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
