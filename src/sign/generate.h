/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the two halves of a signing key pair, in memory. */
#pragma once

#include "base/error.h"
#include "sign/secret.h"

/* A new RSA 2048 key as PEM (PKCS#8, not encrypted). */
int generate_key(struct secret *ret_pem, struct error *error);

/*
 * A certificate (DER) for the private key in a file, self-signed with SHA-256 for 36500 days:
 * CN=DKMS module signing key, no certificate authority, digitalSignature, codeSigning
 * and module signing alone (1.3.6.1.4.1.2312.16.1.2).
 */
int generate_certificate(const char *key_path, struct secret *ret_der, struct error *error);
