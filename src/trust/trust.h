/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The publishers whose builds this machine takes. In /etc/dkms/trusted.d:
 *
 *	NAME.crt, .pem, .der	a publisher's certificate
 *	NAME.conf		beside it: the bounds of its builds (trust/publishers.h)
 *	NAME.crl		certificates that are revoked
 *
 * The directory is root's alone: a directory that others may write to is not used at all. Links,
 * files that others may write to and senseless files are left out with a warning. A certificate
 * whose .conf cannot be used is left out, too.
 *
 * Signatures, certificates and lists are parsed in a confined worker.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "model/settings.h"

struct trust;

/* The signer of a verified signature. Start with {0}; release with publisher_free(). */
struct publisher {
	char *name;    /* of the certificate's subject, printable */
	char *key_id;  /* sign/detached.h */
	char *file;    /* in trusted.d */
	char *warning; /* its certificate is not valid now, but was; NULL: it is */
};

void publisher_free(struct publisher *publisher);

/* No directory: nobody is trusted. -EPERM (EXIT_NOT_TRUSTED) unless it is root's alone. */
int trust_load(const struct settings *settings, struct reporter *reporter, struct trust **ret_trust,
	       struct error *error);
void trust_free(struct trust *trust);
DEFINE_CLEANUP(struct trust *, trust_free)

/* Adds the key of each publisher that may give this module from this remote, each once. */
int trust_list_keys(const struct trust *trust, const char *module, const char *remote,
		    struct strv *key_ids, struct error *error);

/* The claim that is to be verified. */
struct trust_question {
	const char *module;    /* that the build is asked for as */
	const char *remote;    /* where it comes from */
	const char *config;    /* path: the bytes that are signed */
	const char *signature; /* path */
};

/*
 * Verifies the signature over the config's bytes. -EACCES (EXIT_NOT_TRUSTED) with the reason unless
 * its signer is trusted for the module and the remote.
 */
int trust_verify(const struct trust *trust, const struct trust_question *question,
		 struct publisher *ret_publisher, struct error *error);
