/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/pair.h"

#include "sign/signer.h"
#include "sign/identity.h"
#include "sign/verify.h"
#include "module/signature.h"

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

UNIT_MAIN(scratch_test(a_signature_is_sound_for_its_own_certificate_only),
	  scratch_test(one_altered_byte_is_noticed), scratch_test(the_last_signature_counts),
	  scratch_test(what_is_no_cms_is_senseless))
