/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Will this machine load what was built? Its enforcement of signatures, the certificate that signs
 * for a kernel and where that is enrolled, then the signature of each module.
 */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "distro/distro.h"
#include "kernel/kernel.h"
#include "kernel/secure_boot.h"
#include "model/settings.h"
#include "module/sign_identity.h"

struct signing_trust {
	struct secure_boot enforcement;
	char *certificate_path;
	struct certificate_identity certificate; /* name is NULL if it cannot be read */
	enum enrolment enrolment;
};

/* Never fails: what cannot be read is not there. Release with signing_trust_free(). */
void signing_trust_read(const struct settings *settings, const struct distro *distro,
			const struct kernel *kernel, struct reporter *reporter,
			struct signing_trust *ret_trust);
void signing_trust_free(struct signing_trust *trust);

/* From good to bad. */
enum load_verdict {
	LOAD_NOT_ENFORCED, /* signatures do not matter here */
	LOAD_TRUSTED,      /* signed, and the certificate is enrolled */
	LOAD_REQUESTED,    /* signed; enrolment waits for the next boot */
	LOAD_NOT_ENROLLED, /* signed, but nothing here knows the certificate */
	LOAD_OTHER_KEY,    /* signed with another key than the one that is set up */
	LOAD_UNSIGNED,
};

/* The verdict on what this certificate's key signs. */
enum load_verdict load_verdict_of_certificate(const struct signing_trust *trust);

/*
 * The worst verdict over the module files in a directory; the names of those that it is about
 * are added to names. One that cannot be read counts as unsigned.
 */
enum load_verdict load_verdict_of(const struct signing_trust *trust, const char *directory,
				  struct strv *names);
