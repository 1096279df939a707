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
	char *key;  /* file or pkcs11: URI */
	char *certificate;
	char *program;         /* external sign_file; NULL: in process */
	struct signer *signer; /* opened key, in process only */
};

/*
 * Prepares signing and reports what people look for: "Sign command: …", "Signing key: …",
 * "Public certificate (MOK): …"; makes missing default keys. What prevents signing (no key, no
 * tool, wrong passphrase) is a warning that says why and what to do; the modules are then built
 * unsigned and *ret_signing says so. Fails only for what must stop a build.
 */
int signing_prepare(const struct settings *settings, const struct distro *distro,
		    const struct kernel *kernel, struct signing **ret_signing,
		    struct reporter *reporter, struct error *error);
void signing_free(struct signing *signing);
DEFINE_CLEANUP(struct signing *, signing_free)

/* Signs one file (reports "Signing module PATH"); a failure is a warning and the file unsigned. */
void signing_sign(const struct signing *signing, const char *path, const char *shown_path,
		  struct reporter *reporter);

/* The key pair that generate_mok would make or show for a kernel, both owned by the caller. */
void signing_key_places(const struct settings *settings, const struct distro *distro,
			const struct kernel *kernel, char **ret_key, char **ret_certificate);
