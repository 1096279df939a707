/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <openssl/x509v3.h>

#include "module/content.h"
#include "sign/key.h"
#include "sign/pair.h"
#include "sign/signer.h"
#include "sign/verify.h"

static const char *const info[] = {"version=1", NULL};

/* A module that was signed with the key of a pair, in memory. */
static void make_signed(void **state, const struct pair *pair, struct buffer *module)
{
	cleanup(signer_free_handler) struct signer *signer = NULL;
	cleanup(free_string) char *path = make_module(state, "m.ko", info, "int answer;");
	cleanup(free_string) char *data = NULL;
	struct error error = {0};
	size_t length;

	assert_ok(signer_open(pair->key, pair->certificate, &signer, &error), &error);
	assert_ok(signer_sign(signer, "sha256", path, &error), &error);
	assert_ok(file_read(path, 1 << 20, &data, &length, &error), &error);
	buffer_add(module, data, length);
}

static enum attached_signature verify(const struct buffer *module, const struct pair *pair)
{
	cleanup(certificate_identity_free) struct certificate_identity certificate = {0};
	struct error error = {0};

	assert_ok(certificate_identify(pair->certificate, &certificate, &error), &error);
	return signature_verify(module->data, module->length, certificate.der, certificate.length);
}

static void a_signature_is_sound_for_its_own_certificate_only(void **state)
{
	cleanup(pair_free) struct pair ours = make_pair(state, "ours");
	cleanup(pair_free) struct pair theirs = make_pair(state, "theirs");
	cleanup(buffer_free) struct buffer module = {0};

	make_signed(state, &ours, &module);
	assert_int_equal(verify(&module, &ours), ATTACHED_SOUND);
	assert_int_equal(verify(&module, &theirs), ATTACHED_BY_OTHER);
	assert_int_equal(signature_verify(module.data, module.length, NULL, 0), ATTACHED_BY_OTHER);
	assert_int_equal(signature_verify(module.data, module.length, "no DER", 6),
			 ATTACHED_BY_OTHER);
}

/* Whichever byte of the module it is: the first, one in the middle, the last. */
static void one_altered_byte_is_noticed(void **state)
{
	cleanup(pair_free) struct pair ours = make_pair(state, "ours");
	cleanup(pair_free) struct pair theirs = make_pair(state, "theirs");
	cleanup(buffer_free) struct buffer module = {0};
	size_t content, cms;

	make_signed(state, &ours, &module);
	assert_int_equal(signature_find_last(module.data, module.length, &content, &cms),
			 SIGNATURE_FORM_CMS);
	const size_t places[] = {0, content / 2, content - 1};

	for (size_t i = 0; i < 3; i++) {
		module.data[places[i]] ^= 1;
		assert_int_equal(verify(&module, &ours), ATTACHED_BROKEN);
		assert_int_equal(verify(&module, &theirs), ATTACHED_BY_OTHER);
		module.data[places[i]] ^= 1;
	}
	/* The last byte of the signature's own. */
	module.data[content + cms - 1] ^= 1;
	assert_int_equal(verify(&module, &ours), ATTACHED_BROKEN);
}

/* Of two signatures the outer one counts, which covers the inner. */
static void the_last_signature_counts(void **state)
{
	cleanup(pair_free) struct pair ours = make_pair(state, "ours");
	cleanup(buffer_free) struct buffer module = {0};

	make_signed(state, &ours, &module);
	signature_append(&module, "no CMS", 6);
	assert_int_equal(verify(&module, &ours), ATTACHED_SENSELESS);
}

static void what_is_no_cms_is_senseless(void **state)
{
	cleanup(pair_free) struct pair ours = make_pair(state, "ours");
	cleanup(buffer_free) struct buffer module = {0}, unsigned_module = {0};

	buffer_add_text(&unsigned_module, "MODULE");
	assert_int_equal(verify(&unsigned_module, &ours), ATTACHED_NONE);
	buffer_add_text(&module, "MODULE");
	signature_append(&module, "", 0);
	assert_int_equal(verify(&module, &ours), ATTACHED_SENSELESS);
	module.data[module.length - 28 - 10] = 1; /* the type */
	assert_int_equal(verify(&module, &ours), ATTACHED_NONE);
}

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

UNIT_MAIN(scratch_test(a_signature_is_sound_for_its_own_certificate_only),
	  scratch_test(one_altered_byte_is_noticed), scratch_test(the_last_signature_counts),
	  scratch_test(what_is_no_cms_is_senseless),
	  cmocka_unit_test_setup_teardown(test_what_is_no_certificate, scratch_setup,
					  scratch_teardown),
	  cmocka_unit_test_setup_teardown(test_pem_without_a_key_identifier, scratch_setup,
					  scratch_teardown),
	  cmocka_unit_test_setup_teardown(test_der_with_a_key_identifier, scratch_setup,
					  scratch_teardown))
