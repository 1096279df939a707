/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a signature is attached to a module (the kernel's Documentation/admin-guide/
 * module-signing.rst and struct module_signature): the signature itself, 12 bytes that describe it,
 * and a line of text. All follow the end of the ELF file, and nothing in the ELF file counts them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/*
 * *ret_length is how much of data is the module itself: all of it when unsigned, less each
 * signature found at the end. -EBADMSG if a signature claims more bytes than there are.
 */
int signature_find_start(const void *data, size_t length, size_t *ret_length, struct error *error);

/* What the kernel makes of the end of a module file (kernel/module/signing.c, module_signature.c).
 */
enum signature_form {
	SIGNATURE_FORM_NONE,
	SIGNATURE_FORM_CMS,
	SIGNATURE_FORM_UNKNOWN,   /* of another type: to the kernel as good as none */
	SIGNATURE_FORM_SENSELESS, /* it refuses the module, whether it insists on signatures or not
				   */
};

/*
 * The form of the last signature, the only one that counts. For SIGNATURE_FORM_CMS *ret_content is
 * the length of what is signed, and *ret_cms of the CMS behind it.
 */
enum signature_form signature_find_last(const void *data, size_t length, size_t *ret_content,
					size_t *ret_cms);

/* Appends a CMS signature (DER) with its description and the closing line to a module. */
void signature_append(struct buffer *module, const void *cms, size_t length);
