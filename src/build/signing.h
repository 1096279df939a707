/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether and how the modules for one kernel are signed, decided once before anything is built:
 * kernel configuration, try_sign_modules (and being in a chroot), settings, distribution.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"
#include "distro/distro.h"
#include "kernel/kernel.h"
#include "model/settings.h"
#include "module/sign.h"

struct signing {
	char *hash; /* CONFIG_MODULE_SIG_HASH; NULL: not signed */
	char *key;  /* file or pkcs11: URI; signer_shown_key() is what may be printed of it */
	char *certificate;
	char *program;         /* external sign_file; NULL: in process */
	struct signer *signer; /* opened key, in process only */
};

/*
 * Prepares signing and reports what people look for: "Sign command: …" ("dkms (built in)", or the
 * program), "Signing key: …", "Public certificate (MOK): …"; makes missing keys of dkms itself,
 * or the distribution's by its own means, but never ones that mok_signing_key or mok_certificate
 * name. A kernel that
 * has no hash for signatures, and try_sign_modules, are told in verbose mode only. What else
 * prevents signing (no key, no tool, wrong passphrase) is a warning that says why and what to do;
 * the modules are then built unsigned, and hash is NULL. Fails only if a signal asks to stop.
 */
int signing_prepare(const struct settings *settings, const struct distro *distro,
		    const struct kernel *kernel, struct signing **ret_signing,
		    struct reporter *reporter, struct error *error);
void signing_free(struct signing *signing);
DEFINE_CLEANUP(struct signing *, signing_free)

/* Signs one file (reports "Signing module PATH"); a failure is a warning and the file unsigned. */
void signing_sign(const struct signing *signing, const char *path, const char *shown_path,
		  struct reporter *reporter);

/*
 * The key pair for a kernel, both owned by the caller: what mok_signing_key and mok_certificate
 * name (one alone: the other is dkms's own), else the distribution's, else <tree>/mok.key and
 * <tree>/mok.pub.
 */
void signing_key_places(const struct settings *settings, const struct distro *distro,
			const struct kernel *kernel, char **ret_key, char **ret_certificate);

/*
 * Makes what is missing of the pair in those places, the user's too (generate_mok); what exists is
 * never touched. *ret_made: something was made.
 */
int signing_make_keys(const struct settings *settings, const struct distro *distro,
		      const struct kernel *kernel, bool *ret_made, struct error *error);
