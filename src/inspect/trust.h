/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether this machine trusts signed modules. Looked at are its enforcement of signatures, the
 * certificate that signs for a kernel, where that is enrolled, and the signature of each
 * module.
 */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "kernel/kernel.h"
#include "inspect/secure_boot.h"
#include "model/settings.h"
#include "sign/verify.h"

/* Enrolled keys besides the key that signs here. */
struct other_certificate {
	unsigned char *der;
	size_t length;
};

struct signing_trust {
	struct secure_boot enforcement;
	bool forced; /* the kernel was configured to take nothing else */
	bool blind;  /* it was configured without CONFIG_MODULE_SIG: signatures are nothing to it */
	char *certificate_path;
	struct certificate_identity certificate; /* name is NULL if it cannot be read */
	enum enrolment enrolment;
	struct other_certificate *others; /* that firmware and shim trust */
	size_t other_count;
};

/*
 * Never fails: what cannot be read is not there. The certificate is the one whose key signs for
 * the kernel (sign/signing.h). Release with signing_trust_free().
 */
void signing_trust_read(const struct settings *settings, const struct kernel *kernel,
			const char *certificate_path, struct reporter *reporter,
			struct signing_trust *ret_trust);
void signing_trust_free(struct signing_trust *trust);

/* From good to bad. */
enum signature_verdict {
	SIGNATURE_NOT_ENFORCED, /* signatures do not matter here */
	SIGNATURE_TRUSTED,      /* signed, and the certificate is enrolled */
	SIGNATURE_UNCERTAIN,    /* refused if the kernel knows the key and the module was altered */
	SIGNATURE_REQUESTED,    /* signed; enrolment waits for the next boot */
	SIGNATURE_NOT_ENROLLED, /* signed, but nothing here knows the certificate */
	SIGNATURE_OTHER_KEY,    /* signed, but not with the key that is set up */
	SIGNATURE_MISSING,
	SIGNATURE_BROKEN,    /* the module was altered after it was signed */
	SIGNATURE_SENSELESS, /* there is none where one is said to be: no kernel takes the module */
};

/* "trusted", "not-enrolled" …: one word for text and JSON. */
const char *signature_verdict_name(enum signature_verdict verdict);

/* True if the machine or the kernel (CONFIG_MODULE_SIG_FORCE) insists on signatures. */
bool signing_trust_enforces(const struct signing_trust *trust);
/* The reasons, joined by commas; "" if there are none. Owned by the caller. */
char *signing_trust_reasons(const struct signing_trust *trust);

/* The verdict on what this certificate's key signs. */
enum signature_verdict signature_verdict_of_certificate(const struct signing_trust *trust);

/*
 * The verdict on one module file. One that cannot be read counts as unsigned. Where nothing insists
 * on signatures a kernel still refuses a module that was altered after it was signed with a key
 * that it knows.
 */
enum signature_verdict signature_verdict_of_file(const struct signing_trust *trust,
						 const char *path);

enum signed_by {
	SIGNED_BY_NOBODY,   /* or it could not be examined: the kernel knows of no signatures */
	SIGNED_BY_US,       /* the certificate that signs here */
	SIGNED_BY_ENROLLED, /* another that firmware and shim trust */
	SIGNED_BY_UNKNOWN,
};

struct file_signature {
	enum signature_verdict verdict;
	enum signed_by by;
};

/* The verdicts and signers of many files, with one worker for some dozens of them. */
void signatures_of_files(const struct signing_trust *trust, const struct strv *paths,
			 struct file_signature *ret_signatures);
/* The verdicts alone. */
void signature_verdicts_of_files(const struct signing_trust *trust, const struct strv *paths,
				 enum signature_verdict *ret_verdicts);

/*
 * The worst verdict over the module files in a directory; the names of those that it is about
 * are added to names. One that cannot be read counts as unsigned.
 */
enum signature_verdict signature_verdict_of(const struct signing_trust *trust,
					    const char *directory, struct strv *names);
