/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a .ko file says of itself, whatever its compression (read by libkmod). */
#pragma once

#include <stdbool.h>

#include <stddef.h>

#include "base/error.h"

struct ko_info {
	char *version; /* each NULL if the module has none */
	char *srcversion;
	char *vermagic;
	char *signer;         /* NULL: unsigned */
	char *signature_key;  /* "AA:BB:…" */
	char *signature_hash; /* "sha256" */
};

int ko_read_info(const char *path, struct ko_info *ret_info, struct error *error);
void ko_info_free(struct ko_info *info);

/*
 * True if both files are the same module: the same version and srcversion where they have them
 * (both or neither), otherwise the same bytes after decompression and without the signature.
 */
int ko_same_module(const char *a, const char *b, bool *ret_same, struct error *error);

/* The module's bytes, decompressed, owned by the caller. At most 1 GiB. */
int ko_read(const char *path, char **ret_data, size_t *ret_length, struct error *error);
