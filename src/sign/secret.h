/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that must not stay in memory: private keys, and files that may hold one. */
#pragma once

#include <stddef.h>

#include "base/error.h"

struct secret {
	unsigned char *bytes;
	size_t length;
};

/*
 * Reads a regular file of at most 1 MiB without leaving copies behind. -ENODATA for an empty one.
 * what names its purpose in messages: "signing key". Start with {0}, release with secret_free().
 */
int secret_read(const char *path, const char *what, struct secret *ret_secret, struct error *error);

/* Overwrites the bytes and releases them. */
void secret_free(struct secret *secret);
