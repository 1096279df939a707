/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether and how the modules for one kernel are signed, decided once before anything is built.
 * The kernel's configuration, try_sign_modules (and being in a chroot), settings and
 * distribution decide.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"
#include "distro/distro.h"
#include "kernel/kernel.h"
#include "model/settings.h"
#include "sign/signer.h"

/*
 * True if the root directory or the mounts that this process sees differ from those of process 1,
 * or if the environment says FAKECHROOT. proc is where procfs is ("/proc"). Where process 1 cannot
 * be looked at (no procfs, no right to), nothing speaks for a chroot: false.
 */
bool in_chroot(const char *proc);

struct signing {
	char *hash; /* CONFIG_MODULE_SIG_HASH; NULL: not signed */
	char *key;  /* file or pkcs11: URI; signer_shown_key() is what may be printed of it */
	char *certificate;
	char *program;         /* external sign_file; NULL: in process */
	struct signer *signer; /* in process, between signing_open() and signing_close() */
	/* Borrowed. */
	const struct settings *settings;
	const struct distro *distro;
	const struct kernel *kernel;
};

/*
 * In this order, so that no key is open while a stranger's command runs:
 *
 *	signing_choose()	before the build
 *	signing_open()		after it
 *	signing_sign()		for each module
 *	signing_close()
 *	signing_free()
 *
 * signing_choose() reports what people look for: "Sign command: …" ("dkms (built in)", or the
 * program), "Signing key: …", "Public certificate (MOK): …". What keeps modules from being
 * signed (signing_unwanted()) is a notice, shown once a run; hash is NULL then.
 */
struct signing *signing_choose(const struct settings *settings, const struct distro *distro,
			       const struct kernel *kernel, struct reporter *reporter);
void signing_free(struct signing *signing);
DEFINE_CLEANUP(struct signing *, signing_free)

/*
 * Why modules for a kernel are not to be signed at all: it has no hash for signatures, or
 * try_sign_modules is against it. A sentence owned by the caller; NULL if they are.
 */
char *signing_unwanted(const struct settings *settings, const struct kernel *kernel);

/*
 * Opens the key. Missing keys of dkms itself are made, those of the distribution by its own means.
 * The pair that mok_signing_key and mok_certificate name is made if both files are missing and
 * their directories are there. If signing is impossible (no key, no tool, wrong passphrase), a
 * warning says why and what to do. The modules stay unsigned then, and hash is NULL. Fails if a
 * full or dying disk, forbidden access or a lack of descriptors keeps a key from being read, made
 * or written. Fails if a signal asks to stop.
 */
int signing_open(struct signing *signing, struct reporter *reporter, struct error *error);
/* The same where nothing else will do: what prevents signing is an error. hash must be set. */
int signing_require(struct signing *signing, struct reporter *reporter, struct error *error);
/* The key leaves memory. */
void signing_close(struct signing *signing);

/*
 * Signs one file (reports "Signing module PATH"). A failure to sign is a warning and the file
 * unsigned; one to read or write the file is an error.
 */
int signing_sign(const struct signing *signing, const char *path, const char *shown_path,
		 struct reporter *reporter, struct error *error);

/* The same without a word, and a failure is an error. */
int signing_sign_file(const struct signing *signing, const char *path, struct error *error);

/*
 * The key pair for a kernel, both owned by the caller. It is what mok_signing_key and
 * mok_certificate name (one alone: the other is dkms's own), else the distribution's, else
 * <tree>/mok.key and <tree>/mok.pub.
 */
void signing_key_places(const struct settings *settings, const struct distro *distro,
			const struct kernel *kernel, char **ret_key, char **ret_certificate);

/*
 * Makes what is missing of the pair in those places, the user's too (generate_mok); what exists is
 * never touched. *ret_made: something was made.
 */
int signing_make_keys(const struct settings *settings, const struct distro *distro,
		      const struct kernel *kernel, bool *ret_made, struct error *error);
