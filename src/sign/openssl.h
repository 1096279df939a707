/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys and certificates as OpenSSL holds them, shared by the sign_*.c files. No function here ever
 * asks anybody on a terminal: what unlocks a key comes from KBUILD_SIGN_PIN or not at all.
 */
#pragma once

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

/* Keeps the token open that holds a key. */
struct pkcs11;

DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(X509 *, X509_free)
DEFINE_CLEANUP(BIO *, BIO_free_all)
DEFINE_CLEANUP(CMS_ContentInfo *, CMS_ContentInfo_free)

/*
 * Like error_set(), with ": " and OpenSSL's first reason after the message; empties OpenSSL's own
 * error queue.
 */
int openssl_error(struct error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The passphrase or PIN on its way to OpenSSL. */
struct unlock {
	const char *pin; /* KBUILD_SIGN_PIN, NULL if unset or empty */
	bool asked;      /* something was locked */
};
struct unlock unlock_from_environment(void);

/* PEM, plain or encrypted (PKCS#8 or traditional), also within a combined file; or DER. */
int private_key_load(const char *path, EVP_PKEY **ret_key, struct error *error);

/* DER, or the first certificate in a PEM file, whatever else that holds. */
int certificate_load(const char *path, X509 **ret_certificate, struct error *error);

/* A key on a PKCS#11 token. *ret_pkcs11 must be freed after the key. */
int pkcs11_load_key(const char *uri, struct pkcs11 **ret_pkcs11, EVP_PKEY **ret_key,
		    struct error *error);
void pkcs11_free(struct pkcs11 *pkcs11);
DEFINE_CLEANUP(struct pkcs11 *, pkcs11_free)

struct secret {
	unsigned char *bytes;
	size_t length;
};

/* Overwrites the bytes and releases them. */
void secret_free(struct secret *secret);
