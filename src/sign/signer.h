/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signing opens the key once a run. It appends to each module what the kernel's own
 * scripts/sign-file appends: a detached CMS without certificates and signed attributes, a 12-byte
 * trailer and "~Module signature appended~\n". Key bytes never leave this room and are cleansed.
 * Signing is for uncompressed modules: strip, sign, compress.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"

struct signer;

/*
 * key: PEM or DER file, or pkcs11: URI; what unlocks it comes from KBUILD_SIGN_PIN in the
 * environment, never from a terminal. certificate: DER or PEM. Both may be one combined PEM file.
 * They must belong together. The message says which file is wrong, how, and what to do.
 */
int signer_open(const char *key, const char *certificate, struct signer **ret_signer,
		struct error *error);
void signer_free(struct signer *signer);
DEFINE_CLEANUP(struct signer *, signer_free)

/*
 * Returns a warning although signing works: a certificate that has expired or is not
 * valid yet (the kernel does not look at its dates). NULL if there is nothing.
 */
const char *signer_warning(const struct signer *signer);

/* key as it may be shown: a pkcs11: URI without its PIN. Owned by the caller. */
char *signer_shown_key(const char *key);

/* True for a pkcs11: URI, false for the name of a file. */
bool signer_key_is_uri(const char *key);

/*
 * Signs path with hash ("sha256", as CONFIG_MODULE_SIG_HASH has it), replacing old signatures. The
 * file is replaced by rename, with its mode, and not synced; on failure it is untouched.
 */
int signer_sign(const struct signer *signer, const char *hash, const char *path,
		struct error *error);

/*
 * The same by an external program, called as: program HASH KEY CERT MODULE. It works on a copy of
 * the same name, so that it can replace an old signature. path changes only if the program exits
 * with 0 and has appended a signature to the unaltered module.
 */
int sign_with_program(const char *program, const char *hash, const char *key,
		      const char *certificate, const char *path, struct error *error);
