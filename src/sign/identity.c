/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "base/text.h"
#include "sign/openssl.h"

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
