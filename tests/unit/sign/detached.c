/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pair.h"

#include <openssl/cms.h>

#include "sign/detached.h"

#define CONTENT "{\"format\":1}\n"

static const struct detached_bytes content = {CONTENT, sizeof(CONTENT) - 1};

struct loaded {
	char *data;
	struct detached_bytes bytes;
};

static void loaded_free(struct loaded *loaded)
{
	free(loaded->data);
}

static struct loaded load(const char *path)
{
	struct loaded loaded = {0};
	struct error error = {0};

	assert_ok(file_read(path, 1 << 20, &loaded.data, &loaded.bytes.length, &error), &error);
	loaded.bytes.data = loaded.data;
	return loaded;
}

static struct detached_bytes sign_by(const struct pair *pair, struct buffer *signature,
				     char **ret_key_id)
{
	struct error error = {0};

	assert_ok(detached_sign(pair->key, pair->certificate, &content, signature, ret_key_id,
				&error),
		  &error);
	return (struct detached_bytes){signature->data, signature->length};
}

/* By one certificate, without lists. */
static enum detached_verdict verify(const struct pair *pair, const struct detached_bytes *bytes,
				    const struct detached_bytes *signature,
				    struct detached_facts *facts)
{
	cleanup(loaded_free) struct loaded certificate = load(pair->certificate);
	struct detached_facts own = {0};
	enum detached_verdict verdict = detached_verify(&certificate.bytes, 1, NULL, 0, bytes,
							signature, facts ? facts : &own);

	free(own.dates_text);
	return verdict;
}

static void what_is_signed_is_verified(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "publisher");
	cleanup(buffer_free) struct buffer signature = {0};
	cleanup(free_string) char *key_id = NULL;
	cleanup(free_string) char *dates = NULL;
	struct detached_bytes bytes = sign_by(&pair, &signature, &key_id);
	cleanup(loaded_free) struct loaded certificate = load(pair.certificate);
	struct detached_certificate_facts described;
	struct detached_facts facts = {0};

	assert_int_equal(verify(&pair, &content, &bytes, &facts), DETACHED_SOUND);
	dates = facts.dates_text;
	assert_false(facts.revoked);
	assert_int_equal(facts.dates, DATES_VALID);
	assert_int_equal(strlen(key_id), KEY_ID_LENGTH);
	detached_describe(&certificate.bytes, NULL, 0, &described);
	assert_string_equal(described.key_id, key_id);
	assert_string_equal(described.name, "publisher");
	free(described.key_id);
	free(described.name);
}

static void openssl_itself_verifies_it_and_signs_as_well(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "publisher");
	cleanup(buffer_free) struct buffer signature = {0};
	cleanup(free_string) char *key_id = NULL;
	cleanup(free_string) char *other = path_join(*state, "other.cms", NULL);

	(void)sign_by(&pair, &signature, &key_id);
	scratch_write_bytes(*state, "s.cms", signature.data, signature.length, 0644);
	scratch_write(*state, "content", CONTENT);
	run("openssl cms -verify -binary -inform DER -in '%s/s.cms' -content '%s/content' "
	    "-CAfile '%s' -purpose any -out /dev/null 2>&1",
	    (char *)*state, (char *)*state, pair.certificate);
	run("openssl cms -sign -binary -outform DER -in '%s/content' -signer '%s' -inkey '%s' "
	    "-out '%s'",
	    (char *)*state, pair.certificate, pair.key, other);
	cleanup(loaded_free) struct loaded theirs = load(other);

	assert_int_equal(verify(&pair, &content, &theirs.bytes, NULL), DETACHED_SOUND);
	run("openssl cms -sign -binary -md md5 -outform DER -in '%s/content' -signer '%s' -inkey "
	    "'%s' -out '%s'",
	    (char *)*state, pair.certificate, pair.key, other);
	cleanup(loaded_free) struct loaded weak = load(other);

	assert_int_equal(verify(&pair, &content, &weak.bytes, NULL), DETACHED_SENSELESS);
	/* The content inside is not what lies beside it. */
	run("openssl cms -sign -nodetach -binary -outform DER -in '%s/content' -signer '%s' -inkey "
	    "'%s' -out '%s'",
	    (char *)*state, pair.certificate, pair.key, other);
	cleanup(loaded_free) struct loaded within = load(other);

	assert_int_equal(verify(&pair, &content, &within.bytes, NULL), DETACHED_SENSELESS);
}

static void other_bytes_and_other_signers_are_told(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "publisher");
	cleanup(pair_free) struct pair stranger = make_pair(state, "stranger");
	cleanup(buffer_free) struct buffer signature = {0};
	cleanup(free_string) char *key_id = NULL;
	const struct detached_bytes others = {"{\"format\":2}\n", sizeof(CONTENT) - 1};
	struct detached_bytes bytes = sign_by(&pair, &signature, &key_id);

	assert_int_equal(verify(&pair, &others, &bytes, NULL), DETACHED_BROKEN);
	assert_int_equal(verify(&stranger, &content, &bytes, NULL), DETACHED_BY_OTHER);
}

/* Issuer and serial number are for anybody to choose; the key is not. */
static void a_certificate_of_the_same_name_is_another(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "publisher");
	cleanup(free_string) char *trusted = path_join(*state, "trusted.pem", NULL);

	run("mv '%s' '%s'", pair.certificate, trusted);
	cleanup(pair_free) struct pair forged = make_pair(state, "publisher");
	cleanup(buffer_free) struct buffer signature = {0};
	cleanup(free_string) char *key_id = NULL;
	const struct pair original = {.certificate = trusted};
	struct detached_bytes bytes = sign_by(&forged, &signature, &key_id);

	assert_int_equal(verify(&original, &content, &bytes, NULL), DETACHED_BROKEN);
}

static void every_truncation_and_addition_is_senseless(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "publisher");
	cleanup(buffer_free) struct buffer signature = {0};
	cleanup(free_string) char *key_id = NULL;
	struct detached_bytes bytes = sign_by(&pair, &signature, &key_id);

	for (size_t length = 0; length < signature.length; length += 7) {
		bytes.length = length;
		assert_int_equal(verify(&pair, &content, &bytes, NULL), DETACHED_SENSELESS);
	}
	buffer_add_char(&signature, 'x');
	bytes = (struct detached_bytes){signature.data, signature.length};
	assert_int_equal(verify(&pair, &content, &bytes, NULL), DETACHED_SENSELESS);
}

/* Signed so many days from now, as a publisher with another clock does. */
static void sign_at(const struct pair *pair, int days, struct buffer *signature)
{
	FILE *key_file = fopen(pair->key, "re"), *certificate_file = fopen(pair->certificate, "re");
	EVP_PKEY *key = PEM_read_PrivateKey(key_file, NULL, NULL, NULL);
	X509 *certificate = PEM_read_X509(certificate_file, NULL, NULL, NULL);
	BIO *bio = BIO_new_mem_buf(content.data, (int)content.length);
	CMS_ContentInfo *cms = CMS_sign(certificate, key, NULL, bio,
					CMS_BINARY | CMS_DETACHED | CMS_PARTIAL);
	CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	ASN1_TIME *time = X509_time_adj_ex(NULL, days, 0, NULL);
	unsigned char *der = NULL;

	assert_int_equal(
		CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, time->type, time, -1),
		1);
	assert_int_equal(CMS_final(cms, bio, NULL, CMS_BINARY | CMS_DETACHED), 1);
	int length = i2d_CMS_ContentInfo(cms, &der);

	assert_true(length > 0);
	buffer_add(signature, der, (size_t)length);
	OPENSSL_free(der);
	ASN1_TIME_free(time);
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
	X509_free(certificate);
	EVP_PKEY_free(key);
	assert_int_equal(fclose(key_file) | fclose(certificate_file), 0);
}

static void one_that_was_valid_then_may_have_expired(void **state)
{
	static const struct {
		int from, until, signed_at;
		enum detached_dates dates;
	} cases[] = {{-20, -10, -15, DATES_VALID_THEN}, {-20, 10, -15, DATES_VALID},
		     {-20, -10, -25, DATES_INVALID},    {-20, 10, 15, DATES_INVALID},
		     {10, 20, 15, DATES_VALID_THEN},    {-20, 10, -25, DATES_INVALID}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(pair_free) struct pair pair = make_dated_pair(
			state, "dated", EVP_RSA_gen(2048U), cases[i].from, cases[i].until);
		cleanup(buffer_free) struct buffer signature = {0};
		cleanup(free_string) char *dates = NULL;
		struct detached_facts facts = {0};

		sign_at(&pair, cases[i].signed_at, &signature);
		const struct detached_bytes bytes = {signature.data, signature.length};

		assert_int_equal(verify(&pair, &content, &bytes, &facts), DETACHED_SOUND);
		dates = facts.dates_text;
		assert_int_equal(facts.dates, cases[i].dates);
	}
}

/* What the signature says of its time counts, not this machine's clock. */
static void dates_are_those_of_the_signature(void **state)
{
	cleanup(pair_free) struct pair past = make_dated_pair(state, "past", EVP_RSA_gen(2048U),
							      -20, -10);
	cleanup(buffer_free) struct buffer signature = {0};
	cleanup(free_string) char *key_id = NULL;
	cleanup(free_string) char *dates = NULL;
	struct detached_bytes bytes = sign_by(&past, &signature, &key_id);
	struct detached_facts facts = {0};

	assert_int_equal(verify(&past, &content, &bytes, &facts), DETACHED_SOUND);
	dates = facts.dates_text;
	assert_int_equal(facts.dates, DATES_INVALID);
	assert_non_null(strstr(dates, "until"));
}

static void a_key_and_a_foreign_certificate_sign_nothing(void **state)
{
	cleanup(pair_free) struct pair one = make_pair(state, "one");
	cleanup(pair_free) struct pair two = make_pair(state, "two");
	cleanup(buffer_free) struct buffer signature = {0};
	char *key_id = NULL;
	struct error error = {0};

	assert_int_equal(
		detached_sign(one.key, two.certificate, &content, &signature, &key_id, &error),
		-EKEYREJECTED);
	assert_error(&error, 0, "do not belong together");
	assert_null(key_id);
}

UNIT_MAIN(scratch_test(what_is_signed_is_verified),
	  scratch_test(openssl_itself_verifies_it_and_signs_as_well),
	  scratch_test(other_bytes_and_other_signers_are_told),
	  scratch_test(a_certificate_of_the_same_name_is_another),
	  scratch_test(every_truncation_and_addition_is_senseless),
	  scratch_test(one_that_was_valid_then_may_have_expired),
	  scratch_test(dates_are_those_of_the_signature),
	  scratch_test(a_key_and_a_foreign_certificate_sign_nothing))
