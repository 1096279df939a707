/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "sign/openssl.h"
#include "sign/secret.h"

/* OpenSSL's pem_password_cb for what needs no passphrase: without one it would ask on a terminal.
 */
static int give_nothing(char *buffer, int size, int writing, void *context)
{
	(void)buffer, (void)size, (void)writing, (void)context;
	return -1;
}

static X509 *decode(const struct secret *file)
{
	enum { DER_SEQUENCE = 0x30 };
	const unsigned char *start = file->bytes;

	if (file->bytes[0] == DER_SEQUENCE)
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
	X509 *certificate = decode(&file);

	if (!certificate) {
		openssl_error(error, -EINVAL, "%s holds no certificate that can be read", path);
		return error_hint(error, "Set mok_certificate to an X.509 certificate in DER or "
					 "PEM form.");
	}
	ERR_clear_error();
	*ret_certificate = certificate;
	return 0;
}
