/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/key.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "sign/openssl.h"
#include "sign/signer.h"

/* Making the two halves of a signing key pair, in memory. */

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

/* A new RSA 2048 key as PEM (PKCS#8, not encrypted). */
static int generate_key(struct secret *ret_pem, struct error *error)
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
		{NID_authority_key_identifier, "keyid"}, /* copied from the identifier above */
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

/*
 * A certificate (DER) for the private key in a file, self-signed with SHA-256 for 36500 days.
 * It has CN=DKMS module signing key and is no certificate authority. It is for
 * digitalSignature, codeSigning and module signing alone (1.3.6.1.4.1.2312.16.1.2).
 */
static int generate_certificate(const char *key_path, struct secret *ret_der, struct error *error)
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

/*
 * Makes path appear whole and never readable by more than mode allows, or finds that another
 * process was faster: that one's file stays. A link, unlike a rename, never replaces anything.
 */
static int publish(const char *path, mode_t mode, const struct secret *content, bool *made,
		   struct error *error)
{
	cleanup(free_string) char *parent = path_parent(path);
	cleanup(free_string) char *temporary = temporary_path(parent, "key");

	if (file_create(temporary, content->bytes, content->length, mode, error) < 0)
		return error->code;
	bool linked = link(temporary, path) == 0;
	int code = linked || errno == EEXIST ? 0 : -errno;

	if (unlink(temporary) < 0 && !code)
		code = -errno;
	if (code < 0)
		return error_errno(error, code, 0, "Cannot write %s", path);
	*made |= linked;
	return file_sync_directory(parent, error);
}

static int make_directory_of(const char *path, struct error *error)
{
	cleanup(free_string) char *parent = path_parent(path);

	return file_make_directories(parent, error);
}

static int make_key(const char *path, bool *made, struct error *error)
{
	cleanup(secret_free) struct secret pem = {0};

	if (make_directory_of(path, error) < 0 || generate_key(&pem, error) < 0)
		return error->code;
	return publish(path, 0600, &pem, made, error);
}

static int make_certificate(const char *path, const char *key, bool *made, struct error *error)
{
	cleanup(secret_free) struct secret der = {0};

	if (make_directory_of(path, error) < 0 || generate_certificate(key, &der, error) < 0)
		return error->code;
	return publish(path, 0644, &der, made, error);
}

static int refuse_uri(const char *key, const char *certificate, struct error *error)
{
	cleanup(free_string) char *shown = signer_shown_key(key);

	(void)error_set(error, -ENOENT, 0, "There is no certificate %s for the signing key %s.",
			certificate, shown);
	return error_hint(error, "Export it from the token, or make one with the token's tools.");
}

/* A missing key that a new one must not take the place of. */
static int refuse_key(const char *key, const char *certificate, struct error *error)
{
	if (text_equal(key, certificate)) {
		(void)error_set(error, -ENOENT, 0,
				"%s, which is to hold signing key and certificate, is missing.",
				key);
		return error_hint(error,
				  "Restore it, or name a file for each to have a pair made.");
	}
	(void)error_set(error, -ENOENT, 0,
			"The signing key %s is missing, but its certificate %s is there.", key,
			certificate);
	return error_hint(error, "Restore the key, or move the certificate away to have a new pair "
				 "made.");
}

int key_make_missing(const char *key, const char *certificate, bool *ret_made, struct error *error)
{
	/* In this order: whoever makes both at this moment makes the key first. */
	bool has_certificate = file_exists_nofollow(certificate);
	bool has_key = signer_key_is_uri(key) || file_exists_nofollow(key);
	bool made = false;

	if (signer_key_is_uri(key) && !has_certificate)
		return refuse_uri(key, certificate, error);
	if (!has_key && (has_certificate || text_equal(key, certificate)))
		return refuse_key(key, certificate, error);
	if (!has_key && make_key(key, &made, error) < 0)
		return error_wrap(error, "Cannot make the signing key %s", key);
	if (!has_certificate && make_certificate(certificate, key, &made, error) < 0)
		return error_wrap(error, "Cannot make the certificate %s", certificate);
	*ret_made = made;
	return 0;
}
