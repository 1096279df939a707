/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of certificates as the firmware keeps them (UEFI specification 2.10, section 32.4.1,
 * EFI_SIGNATURE_LIST): db, and shim's MokListRT and MokNew. A variable holds any number of lists
 * one after the other, each of
 *
 *	type		16 bytes, a GUID
 *	list size	32 bits, little-endian, these 28 bytes included
 *	header size	32 bits
 *	signature size	32 bits, of each entry
 *	header		bytes without a meaning to us
 *	entries		16 bytes that name the owner, then a certificate or a hash
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Gets the certificate (DER) and returns whether it wants more. */
typedef bool efi_certificate_visit(void *context, const void *certificate, size_t length);

/*
 * Shows the certificates of all X.509 lists to visit. -EBADMSG where sizes do not fit into each
 * other or into data; what comes before was visited.
 */
int efi_signatures_visit(const void *data, size_t length, efi_certificate_visit *visit,
			 void *context, struct error *error);

/*
 * *ret_found: one of the X.509 lists holds just this certificate (DER). -EBADMSG where sizes do
 * not fit into each other or into data, unless the certificate was found before.
 */
int efi_signatures_contain(const void *data, size_t length, const void *certificate,
			   size_t certificate_length, bool *ret_found, struct error *error);
