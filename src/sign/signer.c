/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/signer.h"

#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/strv.h"
#include "base/temporary.h"
#include "base/text.h"
#include "module/content.h"
#include "module/ko.h"
#include "sign/openssl.h"

struct unsigned_module {
	char *data;    /* with old signatures after the length */
	size_t length; /* without them */
	mode_t mode;
};

/* External programs that work on one module: silent when they succeed, quoted when they fail. */

/* More output than this is dropped: nobody would read it. */
#define OUTPUT_MAX ((size_t)1 << 16)

static void collect(void *context, const char *data, size_t length)
{
	struct buffer *output = context;

	if (output->length < OUTPUT_MAX)
		buffer_add(output, data, length);
}

/*
 * Runs argv (argv[0] is looked up on PATH) and fails unless it exits with 0. The message names the
 * program, its exit status and what it printed, stdout and stderr together.
 */
static int tool_run(char *const *argv, struct error *error)
{
	const struct process process = {.argv = argv};
	cleanup(buffer_free) struct buffer output = {0};
	int status;

	if (process_stream(&process, collect, &output, &status, error) < 0)
		return error->code;
	if (status == 0)
		return 0;
	cleanup(free_string) char *said = text_trimmed(output.data ? output.data : "");

	(void)error_set(error, -EIO, 0, "%s failed with exit status %d.", argv[0], status);
	return *said ? error_hint(error, "%s", said) : error->code;
}

/* The module file while dkms or an external program signs it. */

#define MODULE_MAX ((size_t)1 << 30)

static void unsigned_module_free(struct unsigned_module *module)
{
	free(module->data);
}

/* Reads and checks: -ENOEXEC for what is no whole, uncompressed module. Messages name path. */
static int unsigned_module_read(const char *path, struct unsigned_module *ret_module,
				struct error *error)
{
	cleanup(unsigned_module_free) struct unsigned_module module = {0};
	struct stat info;

	if (stat(path, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	module.mode = info.st_mode & 07777;
	if (file_read(path, MODULE_MAX, &module.data, &module.length, error) < 0)
		return error->code;
	if (signature_find_start(module.data, module.length, &module.length, error) < 0 ||
	    ko_check(path, error) < 0)
		return error_wrap(error, "Cannot sign %s", path);
	*ret_module = module;
	module = (struct unsigned_module){0};
	return 0;
}

/* Enough for any signature; a program that adds more has done something else. */
#define SIGNATURE_MAX ((size_t)1 << 20)

/* Reads what the program left: the module as it was, and a signature after it. */
static int read_result(const char *program, const char *copy, const struct unsigned_module *module,
		       char **ret_data, size_t *ret_length, struct error *error)
{
	cleanup(free_string) char *data = NULL;
	size_t length, start;

	if (file_read(copy, module->length + SIGNATURE_MAX, &data, &length, error) < 0 ||
	    signature_find_start(data, length, &start, error) < 0)
		return error->code;
	if (start != module->length || memcmp(data, module->data, start) != 0)
		return error_set(error, -EBADMSG, 0, "%s altered the module itself.", program);
	if (start == length)
		return error_set(error, -EBADMSG, 0, "%s ended well, but appended no signature.",
				 program);
	*ret_data = TAKE(data);
	*ret_length = length;
	return 0;
}

static int sign_copy(char *const *argv, const char *path, const char *copy,
		     const struct unsigned_module *module, struct error *error)
{
	cleanup(free_string) char *data = NULL;
	size_t length = 0;

	if (file_write_unsynced(copy, module->data, module->length, module->mode, error) < 0)
		return error->code;
	if (tool_run(argv, error) < 0 ||
	    read_result(argv[0], copy, module, &data, &length, error) < 0)
		return error_wrap(error, "Cannot sign %s", path);
	return file_write_unsynced(path, data, length, module->mode, error);
}

int sign_with_program(const char *program, const char *hash, const char *key,
		      const char *certificate, const char *path, struct error *error)
{
	cleanup(unsigned_module_free) struct unsigned_module module = {0};
	cleanup(free_string) char *parent = path_parent(path);
	cleanup(free_string) char *directory = NULL;
	cleanup(strv_free) struct strv argv = {0};
	struct error removal = {0};

	if (unsigned_module_read(path, &module, error) < 0 ||
	    temporary_directory(parent, "sign", &directory, error) < 0)
		return error->code;
	cleanup(free_string) char *copy = path_join(directory, path_basename(path), NULL);

	strv_add(&argv, program);
	strv_add(&argv, hash);
	strv_add(&argv, key);
	strv_add(&argv, certificate);
	strv_add(&argv, copy);
	int code = sign_copy(strv_argv(&argv), path, copy, &module, error);

	if (directory_remove(directory, &removal) < 0)
		(void)error_move(error, &removal);
	return code ? code : error->code;
}

struct signer {
	EVP_PKEY *key;
	X509 *certificate;
	struct pkcs11 *pkcs11; /* NULL: the key is from a file */
	char *warning;
};

static char *time_text(const ASN1_TIME *time)
{
	cleanup(BIO_free_all_handler) BIO *bio = BIO_new(BIO_s_mem());
	char *text;

	if (!bio || !ASN1_TIME_print(bio, time))
		return xstrdup("an unreadable date");
	long length = BIO_get_mem_data(bio, &text);

	return xstrndup(text, (size_t)length);
}

/* NULL unless now lies outside of the certificate's dates. */
static char *warning_for(const X509 *certificate, const char *path)
{
	const ASN1_TIME *from = X509_get0_notBefore(certificate);
	const ASN1_TIME *until = X509_get0_notAfter(certificate);
	bool early = X509_cmp_current_time(from) > 0;

	if (!early && X509_cmp_current_time(until) > 0)
		return NULL;
	cleanup(free_string) char *when = time_text(early ? from : until);

	return text_format("The certificate %s %s %s; modules are signed all the same, because the "
			   "kernel does not look at its dates.",
			   path, early ? "is not valid before" : "has expired on", when);
}

static int check_pair(const struct signer *signer, const char *key, const char *certificate,
		      struct error *error)
{
	if (X509_check_private_key(signer->certificate, signer->key) == 1)
		return 0;
	cleanup(free_string) char *shown = signer_shown_key(key);

	ERR_clear_error();
	error_set(error, -EKEYREJECTED, 0,
		  "The signing key %s and the certificate %s do not belong together.", shown,
		  certificate);
	return error_hint(error, "Set mok_signing_key and mok_certificate to the two halves of one "
				 "pair.");
}

int signer_open(const char *key, const char *certificate, struct signer **ret_signer,
		struct error *error)
{
	cleanup(signer_free_handler) struct signer *signer = NEW(struct signer);
	int code = signer_key_is_uri(key)
			   ? pkcs11_load_key(key, &signer->pkcs11, &signer->key, error)
			   : private_key_load(key, &signer->key, error);

	if (code < 0 || certificate_load(certificate, &signer->certificate, error) < 0 ||
	    check_pair(signer, key, certificate, error) < 0)
		return error->code;
	signer->warning = warning_for(signer->certificate, certificate);
	*ret_signer = TAKE(signer);
	return 0;
}

void signer_free(struct signer *signer)
{
	EVP_PKEY_free(signer->key); /* OpenSSL cleanses what it frees of a key */
	X509_free(signer->certificate);
	if (signer->pkcs11)
		pkcs11_free(signer->pkcs11);
	free(signer->warning);
	free(signer);
}

const char *signer_warning(const struct signer *signer)
{
	return signer->warning;
}

bool signer_key_is_uri(const char *key)
{
	return text_starts_with(key, "pkcs11:");
}

char *signer_shown_key(const char *key)
{
	static const char name[] = "pin-value=";
	const char *pin = signer_key_is_uri(key) ? strstr(key, name) : NULL;

	if (!pin)
		return xstrdup(key);
	pin += strlen(name);
	return text_format("%.*s…%s", (int)(pin - key), key, pin + strcspn(pin, ";&"));
}

/*
 * ML-DSA signs whole messages and not hashes of them. Without signed attributes OpenSSL does that
 * since 4.0 only; kernels that know ML-DSA also accept it with them.
 */
static unsigned int attribute_flags(const EVP_PKEY *key)
{
	bool ml_dsa = EVP_PKEY_is_a(key, "ML-DSA-44") || EVP_PKEY_is_a(key, "ML-DSA-65") ||
		      EVP_PKEY_is_a(key, "ML-DSA-87");

	return ml_dsa && OPENSSL_version_major() < 4 ? 0 : CMS_NOATTR;
}

static int make_cms(const struct signer *signer, const EVP_MD *digest,
		    const struct unsigned_module *module, CMS_ContentInfo **ret_cms,
		    struct error *error)
{
	unsigned int flags = CMS_NOCERTS | CMS_PARTIAL | CMS_BINARY | CMS_DETACHED | CMS_STREAM;
	unsigned int signer_flags = CMS_NOCERTS | CMS_BINARY | CMS_NOSMIMECAP |
				    attribute_flags(signer->key);
	cleanup(BIO_free_all_handler)
		BIO *content = BIO_new_mem_buf(module->data, (int)module->length);
	cleanup(CMS_ContentInfo_free_handler)
		CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);

	if (!content || !cms ||
	    !CMS_add1_signer(cms, signer->certificate, signer->key, digest, signer_flags) ||
	    !CMS_final(cms, content, NULL, CMS_NOCERTS | CMS_BINARY))
		return openssl_error(error, -EPROTO, "The signature could not be made");
	*ret_cms = TAKE(cms);
	return 0;
}

/* The module with its signature, whose bytes are the ones that the module had. */
static int sign_bytes(const struct signer *signer, const EVP_MD *digest,
		      struct unsigned_module *module, struct buffer *signed_module,
		      struct error *error)
{
	cleanup(CMS_ContentInfo_free_handler) CMS_ContentInfo *cms = NULL;
	unsigned char *der = NULL;

	if (make_cms(signer, digest, module, &cms, error) < 0)
		return error->code;
	int length = i2d_CMS_ContentInfo(cms, &der);

	if (length <= 0)
		return openssl_error(error, -EPROTO, "The signature could not be encoded");
	char *data = TAKE(module->data);

	*signed_module = (struct buffer){data, module->length, module->length};
	signature_append(signed_module, der, (size_t)length);
	OPENSSL_free(der);
	return 0;
}

int signer_sign(const struct signer *signer, const char *hash, const char *path,
		struct error *error)
{
	cleanup(unsigned_module_free) struct unsigned_module module = {0};
	cleanup(buffer_free) struct buffer signed_module = {0};
	const EVP_MD *digest = EVP_get_digestbyname(hash);

	if (!digest)
		return error_set(error, -EOPNOTSUPP, 0,
				 "Cannot sign %s: %s does not know the hash \"%s\" that the "
				 "kernel's CONFIG_MODULE_SIG_HASH asks for.",
				 path, OpenSSL_version(OPENSSL_VERSION), hash);
	if (unsigned_module_read(path, &module, error) < 0)
		return error->code;
	if (sign_bytes(signer, digest, &module, &signed_module, error) < 0)
		return error_wrap(error, "Cannot sign %s", path);
	return file_write_unsynced(path, signed_module.data, signed_module.length, module.mode,
				   error);
}
