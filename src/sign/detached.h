/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Detached CMS signatures over the manifests of builds, with the publisher's certificate in them,
 * as "openssl cms -sign -binary" makes them. What is verified is a stranger's: that happens in a
 * confined worker (trust/trust.h), and only on bytes in memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/*
 * The first hexadecimal digits of the SHA-256 of a public key. They tell a publisher from
 * others, whatever certificates were made for the key.
 */
enum { KEY_ID_LENGTH = 40 };

struct detached_bytes {
	const void *data;
	size_t length;
};

enum detached_verdict {
	DETACHED_SOUND,
	DETACHED_SENSELESS, /* no such signature, or one by an outdated digest */
	DETACHED_BY_OTHER,  /* by none of the certificates */
	DETACHED_BROKEN,    /* by one of them, but over other bytes */
	DETACHED_VERDICTS
};

/* When the signer's certificate was valid. */
enum detached_dates {
	DATES_VALID,
	DATES_VALID_THEN, /* when it signed, but this machine's clock is outside */
	DATES_INVALID,    /* not when it signed; or not now, and it does not say when */
	DATES_KINDS
};

struct detached_certificate_facts {
	char *key_id; /* NULL: the file holds no certificate that can be read */
	char *name;
	bool revoked; /* by one of the lists */
};

struct detached_facts {
	size_t signer; /* which certificate; not for DETACHED_SENSELESS and DETACHED_BY_OTHER */
	bool revoked;  /* by one of the lists */
	enum detached_dates dates;
	char *dates_text; /* "from … until …" */
};

/* Reads OpenSSL's configuration, which a confined worker cannot. */
void detached_prepare(void);

/* Reads one certificate, DER or PEM. Members are owned by the caller. */
void detached_describe(const struct detached_bytes *certificate, const struct detached_bytes *lists,
		       size_t list_count, struct detached_certificate_facts *ret_facts);

/*
 * certificates: DER or PEM, one each; those that cannot be read sign nothing. lists: of revoked
 * certificates, DER or PEM. *ret_facts is filled for DETACHED_SOUND alone.
 */
enum detached_verdict detached_verify(const struct detached_bytes *certificates, size_t count,
				      const struct detached_bytes *lists, size_t list_count,
				      const struct detached_bytes *content,
				      const struct detached_bytes *signature,
				      struct detached_facts *ret_facts);

/*
 * Signs the bytes with a key (a file, or a pkcs11: URI) and its certificate. *ret_key_id is owned
 * by the caller.
 */
int detached_sign(const char *key, const char *certificate, const struct detached_bytes *content,
		  struct buffer *ret_signature, char **ret_key_id, struct error *error);
