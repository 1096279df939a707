/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256, as 64 lower-case hexadecimal digits: to tell whether two things are the same.
 *
 *	struct digest *digest = digest_new();
 *	digest_add_text(digest, name);
 *	...
 *	char *text = digest_finish(digest);	// owned by the caller; the digest is released
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

enum { DIGEST_LENGTH = 64 };

struct digest;

struct digest *digest_new(void);
void digest_free(struct digest *digest);
DEFINE_CLEANUP(struct digest *, digest_free)

/*
 * A text and where it ends, so that two sequences of texts add the same bytes only if they are the
 * same texts. NULL is another text than "".
 */
void digest_add_text(struct digest *digest, const char *text);

/* Bytes as they are, for the digest of a whole that comes in pieces. */
void digest_add_bytes(struct digest *digest, const void *data, size_t length);

char *digest_finish(struct digest *digest);

/* The digest of bytes in memory. The caller frees it. */
char *digest_of(const void *data, size_t length);

/* The digest of a regular file of any size. The caller frees it. */
int digest_of_file(const char *path, char **ret_digest, struct error *error);
/* The same of an opened file, from where it is read next. 0 or a negative errno. */
int digest_of_descriptor(int fd, char **ret_digest);
