/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the fields of a .ko file, whatever its compression. A stranger made it: a confined worker
 * reads it (cage/worker.h), and what the worker dies of is an error.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "model/compression.h"

struct ko_info {
	char *version; /* each NULL if the module has none */
	char *srcversion;
	char *vermagic;
};

/*
 * -ENOEXEC for what is no kernel module (no ELF, cut short), -EBADMSG for damaged compressed data
 * or a damaged signature. Messages name path. Start with {0} and release with ko_info_free().
 */
int ko_read_info(const char *path, struct ko_info *ret_info, struct error *error);
void ko_info_free(struct ko_info *info);

/*
 * True if both files are the same module. They have the same version and srcversion, or neither
 * has any and their bytes are the same after decompression and without the signature. A
 * file that is no kernel module is the same as one of equal bytes only.
 */
int ko_same_module(const char *a, const char *b, bool *ret_same, struct error *error);

/*
 * The module's bytes, decompressed as the name's suffix says, owned by the caller; with the
 * signature if there is one. At most 1 GiB (-EFBIG).
 */
int ko_read(const char *path, char **ret_data, size_t *ret_length, struct error *error);

/* Finds out that the file is a whole kernel module, not compressed (-ENOEXEC). */
int ko_check(const char *path, struct error *error);

/* True if libkmod, and thereby modprobe, reads modules that are compressed so. */
bool ko_kmod_reads(enum compression compression);
