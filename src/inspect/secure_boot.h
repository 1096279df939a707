/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the machine loads only signed modules, and whose signatures it trusts. All of it is read
 * below the settings' root, from what kernel, firmware and shim show:
 *
 *	/sys/firmware/efi/efivars		SecureBoot, db; shim's MokSBStateRT, MokListRT,
 *						MokNew: 4 bytes of attributes, then the value
 *	/sys/firmware/efi/mok-variables		shim's again, whole and without attributes
 *	/sys/kernel/security/lockdown		"none [integrity] confidentiality"
 *	/sys/module/module/parameters/sig_enforce
 *	/proc/keys				what the kernel's own keyrings hold
 *
 * A file that is missing or cannot be read says nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/report.h"
#include "model/settings.h"

/* Gets the certificate (DER) and returns whether it wants more. */
typedef bool efi_certificate_visit(void *context, const void *certificate, size_t length);

/*
 * Shows the certificates of all X.509 lists to visit. -EBADMSG where sizes do not fit into each
 * other or into data; what comes before was visited.
 */
int efi_signatures_visit(const void *data, size_t length, efi_certificate_visit *visit,
			 void *context, struct error *error);

/*
 * *ret_found: one of the X.509 lists holds just this certificate (DER). -EBADMSG where sizes do
 * not fit into each other or into data, unless the certificate was found before.
 */
int efi_signatures_contain(const void *data, size_t length, const void *certificate,
			   size_t certificate_length, bool *ret_found, struct error *error);

struct secure_boot {
	bool firmware;            /* Secure Boot is on */
	bool validation_disabled; /* but shim was told not to check (mokutil --disable-validation)
				   */
	bool lockdown;            /* the running kernel is locked down */
	bool sig_enforce;         /* it was told to refuse unsigned modules (module.sig_enforce) */
};

struct secure_boot secure_boot_read(const struct settings *settings);
/* True if any of it makes kernels refuse modules whose signature they do not trust. */
bool secure_boot_enforces(const struct secure_boot *state);
/* The reasons, joined by commas: "Secure Boot", "kernel lockdown" …; "" for none. Owned. */
char *secure_boot_reasons(const struct secure_boot *state);

enum enrolment {
	ENROLLED_NOWHERE,
	ENROLMENT_REQUESTED, /* MokNew: shim will ask at the next boot */
	ENROLLED_IN_DB,      /* by the owner of the firmware's keys */
	ENROLLED_AS_MOK,
	ENROLLED_IN_KERNEL, /* in one of its keyrings */
};

/*
 * Where a certificate (DER) is trusted. key_id is how the kernel names it in /proc/keys: its
 * subject key identifier in lower-case hexadecimal. A damaged list is told as a warning and
 * skipped.
 */
enum enrolment secure_boot_find_certificate(const struct settings *settings, const void *der,
					    size_t length, const char *key_id,
					    struct reporter *reporter);

/* "no", "requested", "db", "MokList", "kernel": one word for text and JSON. */
const char *enrolment_name(enum enrolment enrolment);

/*
 * Calls visit for each certificate in db and MokListRT, which the
 * firmware's or the machine's owner enrolled. Those of the kernel's own keyrings cannot be read.
 * Damaged entries are skipped.
 */
void secure_boot_visit_certificates(const struct settings *settings, efi_certificate_visit *visit,
				    void *context);

/* True for the last three. */
bool enrolment_is_trusted(enum enrolment enrolment);
