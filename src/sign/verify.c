/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "base/text.h"
#include "module/content.h"
#include "sign/openssl.h"

/* The names of a certificate in the kernel, in the firmware and in signatures made with it. */

static char *hexadecimal(const ASN1_STRING *bytes, const char *digits, const char *separator)
{
	const unsigned char *data = ASN1_STRING_get0_data(bytes);
	struct buffer text = {0};

	for (int i = 0; i < ASN1_STRING_length(bytes); i++) {
		if (i)
			buffer_add_text(&text, separator);
		buffer_add_char(&text, digits[data[i] >> 4]);
		buffer_add_char(&text, digits[data[i] & 15]);
	}
	return buffer_take(&text);
}

static char *subject_name(const X509 *certificate)
{
	static const int kinds[] = {NID_commonName, NID_organizationName};
	X509_NAME *subject = X509_get_subject_name(certificate);
	char text[256];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (X509_NAME_get_text_by_NID(subject, kinds[i], text, sizeof(text)) > 0)
			return xstrdup(text);
	char *line = X509_NAME_oneline(subject, NULL, 0);
	char *name = xstrdup(line ? line : "");

	OPENSSL_free(line);
	return name;
}

/* One byte tells: DER begins with the tag of a sequence, PEM with text. */
static bool file_is_der(const char *path)
{
	enum { DER_SEQUENCE = 0x30 };
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned char first;

	return fd >= 0 && read(fd, &first, 1) == 1 && first == DER_SEQUENCE;
}

int certificate_identify(const char *path, struct certificate_identity *ret_identity,
			 struct error *error)
{
	cleanup(X509_free_handler) X509 *certificate = NULL;
	unsigned char *der = NULL;

	if (certificate_load(path, &certificate, error) < 0)
		return error->code;
	const ASN1_STRING *key_id = X509_get0_subject_key_id(certificate);
	const ASN1_STRING *serial = X509_get0_serialNumber(certificate);
	int length = i2d_X509(certificate, &der);

	if (length <= 0)
		return openssl_error(error, -EINVAL, "The certificate %s cannot be encoded", path);
	*ret_identity = (struct certificate_identity){
		.der = xcalloc((size_t)length, 1),
		.length = (size_t)length,
		.name = subject_name(certificate),
		.key_id = hexadecimal(key_id ? key_id : serial, "0123456789abcdef", ""),
		.serial = hexadecimal(serial, "0123456789ABCDEF", ":"),
		.is_der = file_is_der(path),
	};
	memcpy(ret_identity->der, der, (size_t)length);
	OPENSSL_free(der);
	ERR_clear_error();
	return 0;
}

void certificate_identity_free(struct certificate_identity *identity)
{
	free(identity->der);
	free(identity->name);
	free(identity->key_id);
	free(identity->serial);
	*identity = (struct certificate_identity){0};
}

typedef STACK_OF(X509) x509_stack;
DEFINE_CLEANUP(x509_stack *, sk_X509_free)

void signature_verify_prepare(void)
{
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
}

static CMS_ContentInfo *parse(const unsigned char *bytes, size_t length)
{
	const unsigned char *end = bytes;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &end, (long)length);

	if (cms && OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
		CMS_ContentInfo_free(cms);
		return NULL;
	}
	return cms;
}

/* With signed attributes most kernels refuse it: that is not for us to tell. */
static bool is_signer(CMS_ContentInfo *cms, X509 *certificate)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);

	for (int i = 0; i < sk_CMS_SignerInfo_num(signers); i++) {
		CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(signers, i);

		if (CMS_SignerInfo_cert_cmp(signer, certificate) == 0)
			return CMS_signed_get_attr_count(signer) <= 0;
	}
	return false;
}

/* Other failures are OpenSSL's: a hash or a kind of key that it does not have. */
static bool failed_to_match(void)
{
	bool found = false;
	unsigned long code;

	while ((code = ERR_get_error()))
		found = found || (ERR_GET_LIB(code) == ERR_LIB_CMS &&
				  ERR_GET_REASON(code) == CMS_R_VERIFICATION_FAILURE);
	return found;
}

static enum attached_signature verify(CMS_ContentInfo *cms, X509 *certificate, const void *content,
				      size_t length)
{
	const unsigned int flags = CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN;
	cleanup(sk_X509_free_handler) x509_stack *certificates = sk_X509_new_null();
	cleanup(BIO_free_all_handler) BIO *source = BIO_new_mem_buf(content, (int)length);

	if (!certificates || !source || !sk_X509_push(certificates, certificate))
		return ATTACHED_BY_OTHER;
	ERR_clear_error();
	if (CMS_verify(cms, certificates, NULL, source, NULL, flags) == 1)
		return ATTACHED_SOUND;
	return failed_to_match() ? ATTACHED_BROKEN : ATTACHED_BY_OTHER;
}

enum attached_signature signature_verify(const void *data, size_t length, const void *certificate,
					 size_t certificate_length)
{
	const unsigned char *bytes = data, *der = certificate;
	size_t content = 0, cms_length = 0;
	enum signature_form form = signature_find_last(data, length, &content, &cms_length);

	if (form == SIGNATURE_FORM_SENSELESS)
		return ATTACHED_SENSELESS;
	if (form != SIGNATURE_FORM_CMS)
		return ATTACHED_NONE;
	cleanup(CMS_ContentInfo_free_handler)
		CMS_ContentInfo *cms = parse(bytes + content, cms_length);
	cleanup(X509_free_handler)
		X509 *signer = der ? d2i_X509(NULL, &der, (long)certificate_length) : NULL;
	enum attached_signature found = cms ? ATTACHED_BY_OTHER : ATTACHED_SENSELESS;

	if (cms && signer && content <= INT_MAX && is_signer(cms, signer))
		found = verify(cms, signer, data, content);
	ERR_clear_error();
	return found;
}
