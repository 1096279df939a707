/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signing: opening the key once per run, then appending to each module what the kernel's own
 * scripts/sign-file appends: a detached CMS without certificates and signed attributes, a 12-byte
 * trailer and "~Module signature appended~\n". Key bytes never leave this room and are cleansed.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

struct signer;

/*
 * key: PEM file (KBUILD_SIGN_PIN unlocks it) or pkcs11: URI; certificate: DER or PEM. They must
 * belong together. The message says which file is wrong, how, and what to do.
 */
int signer_open(const char *key, const char *certificate, struct signer **ret_signer,
		struct error *error);
void signer_free(struct signer *signer);
DEFINE_CLEANUP(struct signer *, signer_free)

/* Signs path with hash ("sha256", as CONFIG_MODULE_SIG_HASH has it), replacing an old signature. */
int signer_sign(const struct signer *signer, const char *hash, const char *path,
		struct error *error);

/* The same by an external program, called as: program HASH KEY CERT MODULE. */
int sign_with_program(const char *program, const char *hash, const char *key,
		      const char *certificate, const char *path, struct error *error);
