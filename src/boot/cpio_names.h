/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of kernel modules in a stream of cpio archives (the "newc" format of initramfs images),
 * as the kernel unpacks them: archives one after the other, zeros between them. The bytes come in
 * pieces of any size; nothing but one name is kept.
 *
 *	struct cpio_names names = {.wanted = &map};
 *	cpio_names_feed(&names, data, length, &taken, error) …
 *	cpio_names_are_whole(&names)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/map.h"

enum { CPIO_HEADER_SIZE = 110, CPIO_NAME_LIMIT = 4096 };

enum cpio_place { CPIO_BETWEEN, CPIO_HEADER, CPIO_NAME, CPIO_DATA };

/* Start with the wanted names and zeros. */
struct cpio_names {
	/* Names of modules, as the kernel has them; a value that is not NULL: it was found. */
	struct strmap *wanted;
	size_t found;

	enum cpio_place place;
	char header[CPIO_HEADER_SIZE + 1];
	char name[CPIO_NAME_LIMIT + 4];
	size_t filled;     /* of the header or name */
	size_t name_size;  /* with the bytes that fill it up */
	uint64_t left;     /* of the file's data, with the bytes that fill it up */
	uint64_t archives; /* that ended */
};

/*
 * Takes bytes. *ret_taken is less than length where something else than an archive begins, after
 * one has ended. -EINVAL: this is no cpio archive.
 */
int cpio_names_feed(struct cpio_names *names, const char *data, size_t length, size_t *ret_taken,
		    struct error *error);

/* True if at least one archive was read, and the last one to its end. */
bool cpio_names_are_whole(const struct cpio_names *names);
