/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The formats of initramfs images, as functions of untrusted bytes.
 *
 * An image is a stream of cpio archives ("newc"), as the kernel unpacks them: one archive after the
 * other, with zeros between them. The bytes come in pieces of any size. Only the current name is
 * kept.
 *
 *	struct cpio_names names = {.wanted = &map};
 *	cpio_names_feed(&names, data, length, &taken, error) …
 *	cpio_names_are_whole(&names)
 *
 * A unified kernel image is a program for EFI (PE), with the initramfs in its section ".initrd".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"

enum { CPIO_HEADER_SIZE = 110, CPIO_NAME_LIMIT = 4096 };

enum cpio_place { CPIO_BETWEEN, CPIO_HEADER, CPIO_NAME, CPIO_DATA };

/* Start with the wanted names and zeros. */
struct cpio_names {
	/* Names of modules, as the kernel has them. The value of a name that was found is not NULL.
	 */
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
 * Takes bytes. *ret_taken is less than length if an archive has ended and no other archive follows.
 * -EINVAL: this is no cpio archive.
 */
int cpio_names_feed(struct cpio_names *names, const char *data, size_t length, size_t *ret_taken,
		    struct error *error);

/* True if at least one archive was read, and the last one to its end. */
bool cpio_names_are_whole(const struct cpio_names *names);

/* The first bytes of a program that pe_section_find() needs. */
enum { PE_HEAD_SIZE = 16 << 10 };

/*
 * Finds the section with this name, of at most eight bytes, in the first bytes of a program for
 * EFI. False if there is no such section, or no such program. Offset and size are the file's own:
 * they may be wrong.
 */
bool pe_section_find(const unsigned char *head, size_t length, const char *name,
		     uint64_t *ret_offset, uint64_t *ret_size);
