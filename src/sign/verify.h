/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of a certificate that the kernel, the firmware and signatures use. What a module's
 * signature is worth to a kernel that has it. The last signature counts, as in
 * module/ko.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct certificate_identity {
	char *der; /* as firmware and shim enrol it */
	size_t length;
	char *name;   /* the subject's common name, else organization, else all of it */
	char *key_id; /* subject key identifier, else serial number: lower-case hexadecimal */
	char *serial; /* as signatures name it: "AA:BB" */
	bool is_der;  /* the file is, which mokutil demands; otherwise it is PEM */
};

/* Start with {0}, release with certificate_identity_free() in any case. */
int certificate_identify(const char *path, struct certificate_identity *ret_identity,
			 struct error *error);
void certificate_identity_free(struct certificate_identity *identity);

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
