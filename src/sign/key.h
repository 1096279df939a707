/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the machine owner's key pair where it is missing; never touches an existing pair. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * Makes the key (RSA 2048, PEM, mode 0600), the certificate and the directories they lie in, as far
 * as they are missing. The certificate is DER, mode 0644, self-signed with SHA-256 for 36500 days,
 * CN=DKMS module signing key, extendedKeyUsage codeSigning. Each appears whole, synced and with its
 * final mode in one step, and never replaces a file. So several processes can do this at once and
 * agree on one pair. A missing certificate is made from the existing key (KBUILD_SIGN_PIN unlocks
 * it). A missing key beside an existing certificate is an error. So is anything missing with a
 * pkcs11: key. *ret_made: something was written.
 */
int key_make_missing(const char *key, const char *certificate, bool *ret_made, struct error *error);
