/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a certificate is known by to the kernel, the firmware and the signatures made with it. */
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
