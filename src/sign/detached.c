/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/detached.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"
#include "sign/openssl.h"

typedef STACK_OF(X509) x509_stack;
DEFINE_CLEANUP(x509_stack *, sk_X509_free)
DEFINE_CLEANUP(X509_CRL *, X509_CRL_free)

enum { DER_SEQUENCE = 0x30, NAME_LIMIT = 128 };

void detached_prepare(void)
{
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
}

/* For what needs no passphrase: without one OpenSSL would ask on a terminal. */
static int give_nothing(char *buffer, int size, int writing, void *context)
{
	(void)buffer, (void)size, (void)writing, (void)context;
	return -1;
}

static bool is_der(const struct detached_bytes *bytes)
{
	return bytes->length && *(const unsigned char *)bytes->data == DER_SEQUENCE;
}

static BIO *open_bytes(const struct detached_bytes *bytes)
{
	return bytes->length <= INT_MAX ? BIO_new_mem_buf(bytes->data, (int)bytes->length) : NULL;
}

static X509 *read_certificate(const struct detached_bytes *bytes)
{
	const unsigned char *start = bytes->data;
	cleanup(BIO_free_all_handler) BIO *bio = open_bytes(bytes);

	if (!bio)
		return NULL;
	return is_der(bytes) ? d2i_X509(NULL, &start, (long)bytes->length)
			     : PEM_read_bio_X509(bio, NULL, give_nothing, NULL);
}

static X509_CRL *read_list(const struct detached_bytes *bytes)
{
	const unsigned char *start = bytes->data;
	cleanup(BIO_free_all_handler) BIO *bio = open_bytes(bytes);

	if (!bio)
		return NULL;
	return is_der(bytes) ? d2i_X509_CRL(NULL, &start, (long)bytes->length)
			     : PEM_read_bio_X509_CRL(bio, NULL, give_nothing, NULL);
}

static char *key_id_of(const X509 *certificate)
{
	unsigned char *der = NULL;
	int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

	if (length <= 0)
		return NULL;
	char *id = digest_of(der, (size_t)length);

	OPENSSL_free(der);
	id[KEY_ID_LENGTH] = '\0';
	return id;
}

static char *name_of(const X509 *certificate)
{
	char *line = X509_NAME_oneline(X509_get_subject_name(certificate), NULL, 0);
	char common[NAME_LIMIT];
	bool found = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
					       common, sizeof(common)) > 0;
	char *name = text_printable(found ? common : line ? line : "", NAME_LIMIT);

	OPENSSL_free(line);
	return name;
}

/* One signer, over content that lies elsewhere, and nothing behind. */
static CMS_ContentInfo *read_signature(const struct detached_bytes *bytes)
{
	const unsigned char *start = bytes->data, *end = start;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &end, (long)bytes->length);

	if (cms && end == start + bytes->length &&
	    OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed && CMS_is_detached(cms) == 1 &&
	    sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) == 1)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

static bool has_sound_digest(CMS_SignerInfo *signer)
{
	X509_ALGOR *algorithm = NULL;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &algorithm, NULL);
	switch (algorithm ? OBJ_obj2nid(algorithm->algorithm) : NID_undef) {
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
	case NID_sha3_256:
	case NID_sha3_384:
	case NID_sha3_512:
		return true;
	default:
		return false;
	}
}

/* CMS_verify() copies a memory BIO and leaks the copy on failure. A filter prevents that. */
static BIO *open_stream(const struct detached_bytes *bytes)
{
	BIO *memory = open_bytes(bytes);
	BIO *filter = memory ? BIO_new(BIO_f_null()) : NULL;

	if (filter)
		return BIO_push(filter, memory);
	BIO_free_all(memory);
	return NULL;
}

static bool is_signed_by(CMS_ContentInfo *cms, X509 *certificate,
			 const struct detached_bytes *content)
{
	const unsigned int flags = CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN;
	cleanup(sk_X509_free_handler) x509_stack *certificates = sk_X509_new_null();
	cleanup(BIO_free_all_handler) BIO *source = open_stream(content);

	return certificates && source && sk_X509_push(certificates, certificate) &&
	       CMS_verify(cms, certificates, NULL, source, NULL, flags) == 1;
}

static bool is_revoked(X509 *certificate, const struct detached_bytes *lists, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cleanup(X509_CRL_free_handler) X509_CRL *list = read_list(&lists[i]);
		X509_REVOKED *entry;

		/* A list that cannot be read may name anybody. */
		if (!list)
			return true;
		if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_issuer_name(certificate)) ==
			    0 &&
		    X509_CRL_get0_by_cert(list, &entry, certificate) == 1)
			return true;
	}
	return false;
}

void detached_describe(const struct detached_bytes *bytes, const struct detached_bytes *lists,
		       size_t list_count, struct detached_certificate_facts *ret_facts)
{
	cleanup(X509_free_handler) X509 *certificate = read_certificate(bytes);

	*ret_facts = (struct detached_certificate_facts){
		.key_id = certificate ? key_id_of(certificate) : NULL,
		.name = certificate ? name_of(certificate) : NULL,
		.revoked = certificate && is_revoked(certificate, lists, list_count),
	};
	ERR_clear_error();
}

/* NULL: the signature does not say when it was made. */
static ASN1_TIME *signing_time(CMS_SignerInfo *signer)
{
	int index = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
	X509_ATTRIBUTE *attribute = index < 0 ? NULL : CMS_signed_get_attr(signer, index);
	const ASN1_TYPE *type = attribute ? X509_ATTRIBUTE_get0_type(attribute, 0) : NULL;

	if (!type || (type->type != V_ASN1_UTCTIME && type->type != V_ASN1_GENERALIZEDTIME))
		return NULL;
	return type->value.asn1_string;
}

static bool is_now_within(const X509 *certificate)
{
	return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
	       X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

static bool is_within(const X509 *certificate, const ASN1_TIME *time)
{
	int from = ASN1_TIME_compare(X509_get0_notBefore(certificate), time);
	int until = ASN1_TIME_compare(time, X509_get0_notAfter(certificate));

	return from != -2 && until != -2 && from <= 0 && until <= 0;
}

static enum detached_dates judge_dates(const X509 *certificate, CMS_SignerInfo *signer)
{
	const ASN1_TIME *then = signing_time(signer);
	bool now = is_now_within(certificate);

	if (then && !is_within(certificate, then))
		return DATES_INVALID;
	if (now)
		return DATES_VALID;
	return then ? DATES_VALID_THEN : DATES_INVALID;
}

static void add_time(BIO *bio, const char *word, const ASN1_TIME *time)
{
	(void)BIO_puts(bio, word);
	(void)ASN1_TIME_print(bio, time);
}

static char *dates_text(const X509 *certificate)
{
	cleanup(BIO_free_all_handler) BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;

	if (!bio)
		return xstrdup("");
	add_time(bio, "from ", X509_get0_notBefore(certificate));
	add_time(bio, " until ", X509_get0_notAfter(certificate));
	long length = BIO_get_mem_data(bio, &text);

	return xstrndup(text, (size_t)length);
}

enum detached_verdict detached_verify(const struct detached_bytes *certificates, size_t count,
				      const struct detached_bytes *lists, size_t list_count,
				      const struct detached_bytes *content,
				      const struct detached_bytes *signature,
				      struct detached_facts *ret_facts)
{
	cleanup(CMS_ContentInfo_free_handler) CMS_ContentInfo *cms = read_signature(signature);
	enum detached_verdict verdict = DETACHED_BY_OTHER;

	if (!cms)
		return DETACHED_SENSELESS;
	CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);

	if (!has_sound_digest(signer))
		return DETACHED_SENSELESS;
	for (size_t i = 0; i < count; i++) {
		cleanup(X509_free_handler) X509 *certificate = read_certificate(&certificates[i]);

		if (!certificate || CMS_SignerInfo_cert_cmp(signer, certificate) != 0)
			continue;
		verdict = DETACHED_BROKEN;
		if (!is_signed_by(cms, certificate, content))
			continue;
		*ret_facts = (struct detached_facts){
			.signer = i,
			.revoked = is_revoked(certificate, lists, list_count),
			.dates = judge_dates(certificate, signer),
			.dates_text = dates_text(certificate),
		};
		verdict = DETACHED_SOUND;
		break;
	}
	ERR_clear_error();
	return verdict;
}

static int load_pair(const char *key_name, const char *certificate_path, struct pkcs11 **ret_pkcs11,
		     EVP_PKEY **ret_key, X509 **ret_certificate, struct error *error)
{
	int code = text_starts_with(key_name, "pkcs11:")
			   ? pkcs11_load_key(key_name, ret_pkcs11, ret_key, error)
			   : private_key_load(key_name, ret_key, error);

	if (code < 0 || certificate_load(certificate_path, ret_certificate, error) < 0)
		return error->code;
	if (X509_check_private_key(*ret_certificate, *ret_key) == 1)
		return 0;
	ERR_clear_error();
	return error_set(error, -EKEYREJECTED, 0,
			 "The signing key and the certificate %s do not belong together.\n"
			 "Name the two halves of one pair with --sign-key and --sign-cert.",
			 certificate_path);
}

static int encode(CMS_ContentInfo *cms, struct buffer *ret_signature, struct error *error)
{
	unsigned char *der = NULL;
	int length = i2d_CMS_ContentInfo(cms, &der);

	if (length <= 0)
		return openssl_error(error, -EINVAL, "The signature cannot be encoded");
	buffer_add(ret_signature, der, (size_t)length);
	OPENSSL_free(der);
	return 0;
}

int detached_sign(const char *key_name, const char *certificate_path,
		  const struct detached_bytes *content, struct buffer *ret_signature,
		  char **ret_key_id, struct error *error)
{
	cleanup(pkcs11_free_handler) struct pkcs11 *pkcs11 = NULL;
	cleanup(EVP_PKEY_free_handler) EVP_PKEY *key = NULL;
	cleanup(X509_free_handler) X509 *certificate = NULL;

	if (load_pair(key_name, certificate_path, &pkcs11, &key, &certificate, error) < 0)
		return error->code;
	cleanup(BIO_free_all_handler) BIO *source = open_bytes(content);
	cleanup(CMS_ContentInfo_free_handler) CMS_ContentInfo *cms = CMS_sign(
		certificate, key, NULL, source, CMS_BINARY | CMS_DETACHED);

	if (!cms)
		return openssl_error(error, -EINVAL, "The build cannot be signed with %s",
				     certificate_path);
	if (encode(cms, ret_signature, error) < 0)
		return error->code;
	*ret_key_id = key_id_of(certificate);
	ERR_clear_error();
	return 0;
}
