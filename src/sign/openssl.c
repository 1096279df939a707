/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/openssl.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

int openssl_error(struct error *error, int code, const char *format, ...)
{
	unsigned long first = ERR_peek_error();
	const char *reason = first ? ERR_reason_error_string(first) : NULL;
	va_list arguments;

	va_start(arguments, format);
	cleanup(free_string) char *message = text_vformat(format, arguments);
	va_end(arguments);
	ERR_clear_error();
	if (!reason)
		return error_set(error, code, 0, "%s.", message);
	return error_set(error, code, 0, "%s: OpenSSL says \"%s\".", message, reason);
}

struct unlock unlock_from_environment(void)
{
	const char *pin = getenv("KBUILD_SIGN_PIN");

	return (struct unlock){.pin = text_empty(pin) ? NULL : pin};
}

/* Bytes that must not stay in memory: private keys, and files that may hold one. */

#define SECRET_MAX ((size_t)1 << 20)

/* Fills the buffer, which is never moved. Less may come if the file shrinks meanwhile. */
static int read_into(int fd, struct secret *secret, size_t size)
{
	while (secret->length < size) {
		ssize_t got = read(fd, secret->bytes + secret->length, size - secret->length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		secret->length += (size_t)got;
	}
	return 0;
}

/*
 * Reads a regular file of at most 1 MiB without leaving copies behind. -ENODATA for an empty one.
 * what names its purpose in messages: "signing key". Start with {0}, release with secret_free().
 */
static int secret_read(const char *path, const char *what, struct secret *ret_secret,
		       struct error *error)
{
	/* O_NONBLOCK: a FIFO in the file's place must not hang us. */
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	cleanup(secret_free) struct secret secret = {0};
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read the %s %s", what, path);
	if (!S_ISREG(info.st_mode))
		return error_set(error, -EINVAL, 0, "The %s %s is no regular file.", what, path);
	if (info.st_size > (off_t)SECRET_MAX)
		return error_set(error, -EFBIG, 0, "The %s %s is larger than %zu bytes.", what,
				 path, SECRET_MAX);
	secret.bytes = xcalloc((size_t)info.st_size + 1, 1);
	int code = read_into(fd, &secret, (size_t)info.st_size);

	if (code < 0)
		return error_errno(error, code, 0, "Cannot read the %s %s", what, path);
	if (secret.length == 0)
		return error_set(error, -ENODATA, 0, "The %s %s is empty.", what, path);
	*ret_secret = secret;
	secret = (struct secret){0};
	return 0;
}

void secret_free(struct secret *secret)
{
	if (secret->bytes)
		OPENSSL_cleanse(secret->bytes, secret->length);
	free(secret->bytes);
	*secret = (struct secret){0};
}

DEFINE_CLEANUP(PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free)

/* OpenSSL's pem_password_cb. */
static int give_pin(char *buffer, int size, int writing, void *context)
{
	struct unlock *unlock = context;
	size_t length = unlock->pin ? strlen(unlock->pin) : 0;

	(void)writing;
	unlock->asked = true;
	if (length == 0 || length > (size_t)size)
		return -1;
	memcpy(buffer, unlock->pin, length);
	return (int)length;
}

static bool is_pem(const struct secret *file)
{
	return memmem(file->bytes, file->length, "-----BEGIN ", 11) != NULL;
}

static bool holds_certificate_only(const struct secret *file)
{
	const unsigned char *start = file->bytes;

	if (is_pem(file))
		return memmem(file->bytes, file->length, "CERTIFICATE-----", 16) &&
		       !memmem(file->bytes, file->length, "PRIVATE KEY-----", 16);
	cleanup(X509_free_handler) X509 *certificate = d2i_X509(NULL, &start, (long)file->length);

	return certificate != NULL;
}

static EVP_PKEY *decode_key(const struct secret *file, struct unlock *unlock)
{
	cleanup(BIO_free_all_handler) BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->length);
	const unsigned char *start = file->bytes;

	if (!bio)
		return NULL;
	if (is_pem(file))
		return PEM_read_bio_PrivateKey(bio, NULL, give_pin, unlock);
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &start, (long)file->length);

	return key ? key : d2i_PKCS8PrivateKey_bio(bio, NULL, give_pin, unlock);
}

/* The algorithm that an unencrypted key names, where this OpenSSL lacks it; "" otherwise. */
static void name_unknown_algorithm(const struct secret *file, char *name, int size)
{
	static const char *const ml_dsa[][2] = {
		{"2.16.840.1.101.3.4.3.17", "ML-DSA-44"},
		{"2.16.840.1.101.3.4.3.18", "ML-DSA-65"},
		{"2.16.840.1.101.3.4.3.19", "ML-DSA-87"},
	};
	cleanup(BIO_free_all_handler) BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->length);
	cleanup(PKCS8_PRIV_KEY_INFO_free_handler) PKCS8_PRIV_KEY_INFO *info = NULL;
	const ASN1_OBJECT *algorithm;

	*name = '\0';
	if (bio)
		info = is_pem(file) ? PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio, NULL, NULL, NULL)
				    : d2i_PKCS8_PRIV_KEY_INFO_bio(bio, NULL);
	if (!info || !PKCS8_pkey_get0(&algorithm, NULL, NULL, NULL, info) ||
	    OBJ_obj2nid(algorithm) != NID_undef)
		return;
	(void)OBJ_obj2txt(name, size, algorithm, 1);
	for (size_t i = 0; i < sizeof(ml_dsa) / sizeof(*ml_dsa); i++)
		if (text_equal(name, ml_dsa[i][0]))
			(void)snprintf(name, (size_t)size, "%s", ml_dsa[i][1]);
}

static int explain_locked(const char *path, const struct unlock *unlock, struct error *error)
{
	if (unlock->pin)
		error_set(error, -EKEYREJECTED, 0,
			  "The passphrase in KBUILD_SIGN_PIN does not unlock the signing key %s.",
			  path);
	else
		error_set(error, -EKEYREJECTED, 0,
			  "The signing key %s is protected by a passphrase.", path);
	return error_hint(error, "Set KBUILD_SIGN_PIN in the environment to its passphrase.");
}

static int explain_algorithm(const char *path, const char *algorithm, struct error *error)
{
	bool ml_dsa = text_starts_with(algorithm, "ML-DSA");

	error_set(error, -EOPNOTSUPP, 0, "The signing key %s is of the kind %s, which %s lacks.",
		  path, algorithm, OpenSSL_version(OPENSSL_VERSION));
	return error_hint(error, "Use an RSA or EC key%s.",
			  ml_dsa ? ", or OpenSSL 3.5 or newer" : "");
}

/* Why no key came out of a file that could be read. */
static int explain(const char *path, const struct secret *file, const struct unlock *unlock,
		   struct error *error)
{
	char algorithm[128];

	name_unknown_algorithm(file, algorithm, sizeof(algorithm));
	if (unlock->asked) {
		explain_locked(path, unlock, error);
	} else if (holds_certificate_only(file)) {
		error_set(error, -EINVAL, 0, "%s holds a certificate, no private key.", path);
		error_hint(error, "Set mok_signing_key to the private key that belongs to it.");
	} else if (*algorithm) {
		explain_algorithm(path, algorithm, error);
	} else {
		openssl_error(error, -EINVAL, "%s holds no private key that can be read", path);
		error_hint(error, "A signing key is a PEM or DER file, as \"dkms generate_mok\" or "
				  "\"openssl genpkey\" make it.");
	}
	ERR_clear_error();
	return error->code;
}

int private_key_load(const char *path, EVP_PKEY **ret_key, struct error *error)
{
	cleanup(secret_free) struct secret file = {0};
	struct unlock unlock = unlock_from_environment();

	if (secret_read(path, "signing key", &file, error) < 0)
		return error->code;
	EVP_PKEY *key = decode_key(&file, &unlock);

	if (!key)
		return explain(path, &file, &unlock, error);
	ERR_clear_error(); /* what was tried before it worked */
	*ret_key = key;
	return 0;
}

/* OpenSSL's pem_password_cb for what needs no passphrase: without one it would ask on a terminal.
 */
static int give_nothing(char *buffer, int size, int writing, void *context)
{
	(void)buffer, (void)size, (void)writing, (void)context;
	return -1;
}

static X509 *decode_certificate(const struct secret *file)
{
	enum { DER_SEQUENCE = 0x30 };
	const unsigned char *start = file->bytes;

	if (file->length && file->bytes[0] == DER_SEQUENCE)
		return d2i_X509(NULL, &start, (long)file->length);
	cleanup(BIO_free_all_handler) BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->length);

	return bio ? PEM_read_bio_X509(bio, NULL, give_nothing, NULL) : NULL;
}

int certificate_load(const char *path, X509 **ret_certificate, struct error *error)
{
	/* A combined file holds the private key as well. */
	cleanup(secret_free) struct secret file = {0};

	if (secret_read(path, "certificate", &file, error) < 0)
		return error->code;
	X509 *certificate = decode_certificate(&file);

	if (!certificate) {
		openssl_error(error, -EINVAL, "%s holds no certificate that can be read", path);
		return error_hint(error, "Set mok_certificate to an X.509 certificate in DER or "
					 "PEM form.");
	}
	ERR_clear_error();
	*ret_certificate = certificate;
	return 0;
}
