/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/generate.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "base/text.h"
#include "sign/openssl.h"

#define KEY_BITS    2048U
#define VALID_DAYS  36500
#define SERIAL_BITS 159 /* 20 bytes at most, and never negative */

DEFINE_CLEANUP(BIGNUM *, BN_free)
DEFINE_CLEANUP(X509_EXTENSION *, X509_EXTENSION_free)

static void secret_copy(struct secret *secret, const void *bytes, size_t length)
{
	secret->bytes = xcalloc(length, 1);
	memcpy(secret->bytes, bytes, length);
	secret->length = length;
}

int generate_key(struct secret *ret_pem, struct error *error)
{
	cleanup(EVP_PKEY_free_handler) EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
	/* Cleansed when freed. */
	cleanup(BIO_free_all_handler) BIO *bio = BIO_new(BIO_s_secmem());
	char *text;

	if (!key || !bio || !PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL))
		return openssl_error(error, -EPROTO, "Cannot make a signing key");
	long length = BIO_get_mem_data(bio, &text);

	secret_copy(ret_pem, text, (size_t)length);
	return 0;
}

static bool set_serial(X509 *certificate)
{
	cleanup(BN_free_handler) BIGNUM *number = BN_new();

	return number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
	       BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
}

static bool set_names(X509 *certificate)
{
	static const unsigned char common_name[] = "DKMS module signing key";
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, common_name, -1, -1, 0) &&
	       X509_set_issuer_name(certificate, subject);
}

static bool set_dates(X509 *certificate)
{
	return X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
	       X509_time_adj_ex(X509_getm_notAfter(certificate), VALID_DAYS, 0, NULL);
}

static bool add_extensions(X509 *certificate)
{
	static const struct {
		int name;
		const char *value;
	} extensions[] = {
		{NID_basic_constraints, "critical,CA:FALSE"},
		{NID_key_usage, "digitalSignature"},
		/* The second makes shim refuse the key for anything but modules. */
		{NID_ext_key_usage, "codeSigning,1.3.6.1.4.1.2312.16.1.2"},
		{NID_subject_key_identifier, "hash"},
		{NID_authority_key_identifier, "keyid"}, /* made from the one before */
	};
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++) {
		cleanup(X509_EXTENSION_free_handler)
			X509_EXTENSION *extension = X509V3_EXT_conf_nid(
				NULL, &context, extensions[i].name, extensions[i].value);

		if (!extension || !X509_add_ext(certificate, extension, -1))
			return false;
	}
	return true;
}

int generate_certificate(const char *key_path, struct secret *ret_der, struct error *error)
{
	cleanup(EVP_PKEY_free_handler) EVP_PKEY *key = NULL;
	cleanup(X509_free_handler) X509 *certificate = X509_new();
	unsigned char *der = NULL;

	if (private_key_load(key_path, &key, error) < 0)
		return error->code;
	if (!certificate || !X509_set_version(certificate, X509_VERSION_3) ||
	    !set_serial(certificate) || !set_names(certificate) || !set_dates(certificate) ||
	    !X509_set_pubkey(certificate, key) || !add_extensions(certificate) ||
	    !X509_sign(certificate, key, EVP_sha256()))
		return openssl_error(error, -EPROTO,
				     "Cannot make a certificate for the signing key %s", key_path);
	int length = i2d_X509(certificate, &der);

	if (length <= 0)
		return openssl_error(error, -EPROTO, "Cannot encode a certificate");
	secret_copy(ret_der, der, (size_t)length);
	OPENSSL_free(der);
	return 0;
}
