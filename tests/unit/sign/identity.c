/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/pair.h"

#include <openssl/x509v3.h>

#include "sign/key.h"
#include "sign/identity.h"

static void assert_not_identified(const char *path, const char *part)
{
	struct certificate_identity identity = {0};
	struct error error = {0};

	assert_true(certificate_identify(path, &identity, &error) < 0);
	assert_null(identity.der);
	assert_error(&error, 0, part);
	certificate_identity_free(&identity);
}

static void test_what_is_no_certificate(void **state)
{
	cleanup(free_string) char *missing = path_join(*state, "missing.der", NULL);
	cleanup(free_string) char *rubbish = path_join(*state, "rubbish.der", NULL);

	scratch_write(*state, "rubbish.der", "0rubbish");
	assert_not_identified(missing, "missing.der");
	assert_not_identified(rubbish, "holds no certificate that can be read");
}

static void test_pem_without_a_key_identifier(void **state)
{
	cleanup(pair_free) struct pair pair = make_dated_pair(state, "someone", EVP_RSA_gen(2048),
							      -1, 1);
	struct certificate_identity identity = {0};
	struct error error = {0};

	assert_int_equal(certificate_identify(pair.certificate, &identity, &error), 0);
	assert_string_equal(identity.name, "someone");
	assert_string_equal(identity.key_id, "01234567");
	assert_string_equal(identity.serial, "01:23:45:67");
	assert_false(identity.is_der);
	certificate_identity_free(&identity);
}

static void test_der_with_a_key_identifier(void **state)
{
	cleanup(free_string) char *key = path_join(*state, "mok.key", NULL);
	cleanup(free_string) char *path = path_join(*state, "mok.pub", NULL);
	cleanup(free_string) char *der = NULL;
	struct certificate_identity identity = {0};
	struct error error = {0};
	size_t length;
	bool made;

	assert_int_equal(key_make_missing(key, path, &made, &error), 0);
	assert_int_equal(certificate_identify(path, &identity, &error), 0);
	assert_int_equal(file_read(path, 1 << 20, &der, &length, &error), 0);
	assert_int_equal(identity.length, length);
	assert_memory_equal(identity.der, der, length);
	assert_true(identity.is_der);
	assert_string_equal(identity.name, "DKMS module signing key");

	const unsigned char *start = (const unsigned char *)der;
	X509 *certificate = d2i_X509(NULL, &start, (long)length);
	const ASN1_STRING *id = X509_get0_subject_key_id(certificate);

	assert_int_equal(strlen(identity.key_id), 2 * ASN1_STRING_length(id));
	for (int i = 0; i < ASN1_STRING_length(id); i++) {
		unsigned int byte;

		assert_int_equal(sscanf(identity.key_id + 2 * i, "%2x", &byte), 1);
		assert_int_equal(byte, ASN1_STRING_get0_data(id)[i]);
	}
	X509_free(certificate);
	certificate_identity_free(&identity);
}

UNIT_MAIN(cmocka_unit_test_setup_teardown(test_what_is_no_certificate, scratch_setup,
					  scratch_teardown),
	  cmocka_unit_test_setup_teardown(test_pem_without_a_key_identifier, scratch_setup,
					  scratch_teardown),
	  cmocka_unit_test_setup_teardown(test_der_with_a_key_identifier, scratch_setup,
					  scratch_teardown))
