/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/verify.h"

#include <limits.h>
#include <openssl/err.h>

#include "sign/openssl.h"
#include "module/signature.h"

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
