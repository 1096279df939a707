/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine owner's key pair: making it where it is missing, never touching one that exists. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * Makes the missing ones of key (RSA 2048, PEM, mode 0600) and certificate (DER, 0644, self-signed
 * with SHA-256 for 36500 days, CN=DKMS module signing key, extendedKeyUsage codeSigning). A
 * certificate missing beside an existing key is made from that key; a key missing beside an
 * existing certificate is an error. *ret_made: something was written.
 */
int key_make_missing(const char *key, const char *certificate, bool *ret_made, struct error *error);
