/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The content of a module file: a compressed or plain ELF file, and the signature behind it. A
 * stranger made it: whatever is decompressed here is so in a confined worker (cage/worker.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* No module is larger, compressed or not. */
#define MODULE_SIZE_MAX ((size_t)1 << 30)

struct module_content {
	char *data; /* decompressed */
	size_t length;
	size_t unsigned_length; /* without signatures at the end */
};

/* Like ko_read(), from a descriptor. Messages name path; its suffix names the compression. */
int module_content_unpack(int fd, const char *path, char **ret_data, size_t *ret_length,
			  struct error *error);

/* The same with what is signed; -EBADMSG for a damaged signature. */
int module_content_read(int fd, const char *path, struct module_content *ret_content,
			struct error *error);
void module_content_free(struct module_content *content);

/* Opens a regular file without ever blocking; any other is an error (-EISDIR, -EINVAL). */
int module_open(const char *path, int *ret_fd, struct error *error);

/*
 * How a signature is attached to a module: the signature itself, 12 bytes that describe it, and
 * a line of text. All follow the end of the ELF file, and nothing in the ELF file counts them.
 * Source: the kernel's Documentation/admin-guide/module-signing.rst and struct module_signature.
 */

/*
 * *ret_length is how much of data is the module itself: all of it when unsigned, less each
 * signature found at the end. -EBADMSG if a signature claims more bytes than there are.
 */
int signature_find_start(const void *data, size_t length, size_t *ret_length, struct error *error);

/* Reads the end of a module file as the kernel does (kernel/module/signing.c, module_signature.c).
 */
enum signature_form {
	SIGNATURE_FORM_NONE,
	SIGNATURE_FORM_CMS,
	SIGNATURE_FORM_UNKNOWN,   /* of another type: to the kernel as good as none */
	SIGNATURE_FORM_SENSELESS, /* it refuses the module, whether it insists on signatures or not
				   */
};

/*
 * The form of the last signature; no other signature counts. For SIGNATURE_FORM_CMS *ret_content is
 * the length of the signed content, and *ret_cms the length of the CMS behind it.
 */
enum signature_form signature_find_last(const void *data, size_t length, size_t *ret_content,
					size_t *ret_cms);

/* Appends a CMS signature (DER) with its description and the closing line to a module. */
void signature_append(struct buffer *module, const void *cms, size_t length);
