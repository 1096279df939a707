/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a module's signature is worth to a kernel that has a certificate. The last signature counts,
 * as in module/signature.h.
 */
#pragma once

#include <stddef.h>

enum attached_signature {
	ATTACHED_NONE,      /* none, or of a form that the kernel does not know */
	ATTACHED_SENSELESS, /* no signature, though it is marked as one: refused by any kernel */
	ATTACHED_BY_OTHER,  /* by the key of another certificate, or nothing here can verify it */
	ATTACHED_SOUND,     /* by the key of this certificate, over this module */
	ATTACHED_BROKEN,    /* by that key, but the module was altered since */
};

/* Reads OpenSSL's configuration, which a confined worker cannot. */
void signature_verify_prepare(void);

/* data: a module as the kernel gets it, decompressed. certificate: DER. */
enum attached_signature signature_verify(const void *data, size_t length, const void *certificate,
					 size_t certificate_length);
