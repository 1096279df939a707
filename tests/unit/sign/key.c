/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/pair.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <sys/wait.h>
#include <time.h>

#include "sign/key.h"
#include "sign/signer.h"

static struct pair places(void **state)
{
	return (struct pair){path_join(*state, "dkms/mok.key", NULL),
			     path_join(*state, "dkms/mok.pub", NULL)};
}

static bool make(const struct pair *pair)
{
	struct error error = {0};
	bool made;

	assert_ok(key_make_missing(pair->key, pair->certificate, &made, &error), &error);
	return made;
}

static void assert_pair_fits(const struct pair *pair)
{
	struct error error = {0};
	struct signer *signer = NULL;

	assert_ok(signer_open(pair->key, pair->certificate, &signer, &error), &error);
	assert_null(signer_warning(signer));
	signer_free(signer);
}

static void a_key_missing_beside_its_certificate_is_an_error(void **state)
{
	cleanup(pair_free) struct pair pair = places(state);
	struct error error = {0};
	bool made;

	assert_true(make(&pair));
	run("rm '%s'", pair.key);
	key_make_missing(pair.key, pair.certificate, &made, &error);
	assert_non_null(strstr(error.message, pair.certificate));
	assert_non_null(strstr(error.message, "\nRestore the key, or move the certificate away"));
	assert_failure(&error, -ENOENT, pair.key);
	assert_false(file_exists(pair.key));
}

static void a_missing_combined_file_is_an_error(void **state)
{
	cleanup(pair_free) struct pair pair = places(state);
	struct error error = {0};
	bool made;

	key_make_missing(pair.key, pair.key, &made, &error);
	assert_failure(&error, -ENOENT, "which is to hold signing key and certificate, is missing");
	assert_false(file_exists(pair.key));
}

static void what_stands_in_a_key_s_place_is_never_overwritten(void **state)
{
	cleanup(pair_free) struct pair pair = places(state);
	cleanup(free_string) char *elsewhere = path_join(*state, "elsewhere", NULL);
	struct error error = {0};
	bool made;

	run("mkdir '%s/dkms' && echo precious > '%s'", (char *)*state, pair.key);
	key_make_missing(pair.key, pair.certificate, &made, &error);
	assert_failure(&error, -EINVAL, "holds no private key");
	run("grep -q precious '%s' && test ! -e '%s'", pair.key, pair.certificate);
	run("ln -sf '%s' '%s'", elsewhere, pair.key); /* dangling */
	key_make_missing(pair.key, pair.certificate, &made, &error);
	assert_failure(&error, -ENOENT, "Cannot read the signing key");
	assert_false(file_exists_nofollow(elsewhere));
	assert_false(file_exists_nofollow(pair.certificate));
}

static void a_token_s_key_is_not_made(void **state)
{
	cleanup(pair_free) struct pair pair = places(state);
	struct error error = {0};
	bool made = true;

	key_make_missing("pkcs11:object=k?pin-value=sesame", pair.certificate, &made, &error);
	assert_null(strstr(error.message, "sesame"));
	assert_failure(&error, -ENOENT, "There is no certificate");
	assert_true(make(&pair));
	assert_ok(key_make_missing("pkcs11:object=k", pair.certificate, &made, &error), &error);
	assert_false(made);
}

static void a_locked_key_gets_its_certificate_with_the_passphrase(void **state)
{
	cleanup(pair_free) struct pair pair = places(state);
	struct error error = {0};
	bool made;

	skip_without("openssl");
	run("mkdir '%s/dkms' && openssl genpkey -algorithm RSA -aes256 -pass pass:secret -out '%s'",
	    (char *)*state, pair.key);
	assert_int_equal(unsetenv("KBUILD_SIGN_PIN"), 0);
	key_make_missing(pair.key, pair.certificate, &made, &error);
	assert_failure(&error, -EKEYREJECTED, "Set KBUILD_SIGN_PIN");
	assert_int_equal(setenv("KBUILD_SIGN_PIN", "secret", 1), 0);
	assert_true(make(&pair));
	assert_pair_fits(&pair);
	assert_int_equal(unsetenv("KBUILD_SIGN_PIN"), 0);
}

static void on_a_read_only_file_system_the_file_is_named(void **state)
{
	cleanup(pair_free) struct pair pair = places(state);
	cleanup(free_string) char *here = path_join(*state, "here.key", NULL);
	struct error error = {0};
	bool made;

	mount_read_only(*state);
	key_make_missing(pair.key, pair.certificate, &made, &error);
	assert_non_null(strstr(error.message, "Cannot make the signing key"));
	assert_failure(&error, -EROFS, *state);
	key_make_missing(here, pair.certificate, &made, &error);
	assert_failure(&error, -EROFS, here);
	unmount(*state);
}

static void a_pair_is_made_once_private_and_whole(void **state)
{
	cleanup(pair_free) struct pair pair = places(state);
	mode_t old = umask(0);

	assert_true(make(&pair));
	umask(old);
	assert_int_equal(mode_of(pair.key), 0600);
	assert_int_equal(mode_of(pair.certificate), 0644);
	assert_pair_fits(&pair);
	run("test -z \"$(find '%s' -mindepth 1 -name '.dkms*')\"", (char *)*state);

	cleanup(free_string) char *key = copy_of(state, pair.key, "key");
	cleanup(free_string) char *certificate = copy_of(state, pair.certificate, "certificate");

	assert_false(make(&pair));
	assert_same_content(pair.key, key);
	assert_same_content(pair.certificate, certificate);
}

static void modes_hold_under_a_tight_umask_too(void **state)
{
	cleanup(pair_free) struct pair pair = places(state);
	mode_t old = umask(0777);

	assert_true(make(&pair));
	umask(old);
	assert_int_equal(mode_of(pair.key), 0600);
	assert_int_equal(mode_of(pair.certificate), 0644);
}

static void a_missing_certificate_is_made_for_the_key_there_is(void **state)
{
	cleanup(pair_free) struct pair pair = places(state);

	assert_true(make(&pair));
	cleanup(free_string) char *key = copy_of(state, pair.key, "key");

	run("rm '%s'", pair.certificate);
	assert_true(make(&pair));
	assert_same_content(pair.key, key);
	assert_pair_fits(&pair);
}

static X509 *read_der(const char *path)
{
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	X509 *certificate = d2i_X509_fp(file, NULL);

	assert_non_null(certificate);
	assert_int_equal(fclose(file), 0);
	return certificate;
}

/* Of the extended key usages one is the kernel's "module signing only". */
static bool is_for_modules_alone(const X509 *certificate)
{
	EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
	ASN1_OBJECT *modules = OBJ_txt2obj("1.3.6.1.4.1.2312.16.1.2", 1);
	bool found = false;

	for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++)
		found |= OBJ_cmp(sk_ASN1_OBJECT_value(usages, i), modules) == 0;
	ASN1_OBJECT_free(modules);
	EXTENDED_KEY_USAGE_free(usages);
	return found;
}

static void the_certificate_says_what_it_is_for(void **state)
{
	cleanup(pair_free) struct pair pair = places(state);
	char name[64];
	int days, seconds;

	assert_true(make(&pair));
	X509 *certificate = read_der(pair.certificate);
	EVP_PKEY *key = X509_get0_pubkey(certificate);

	X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof(name));
	assert_string_equal(name, "/CN=DKMS module signing key");
	assert_true(EVP_PKEY_is_a(key, "RSA"));
	assert_int_equal(EVP_PKEY_get_bits(key), 2048);
	assert_int_equal(X509_verify(certificate, key), 1);
	assert_int_equal(X509_get_signature_nid(certificate), NID_sha256WithRSAEncryption);
	assert_int_equal(X509_get_version(certificate), X509_VERSION_3);
	assert_true(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate),
				   X509_get0_notAfter(certificate)));
	assert_int_equal(days, 36500);
	assert_int_equal(X509_get_extended_key_usage(certificate), XKU_CODE_SIGN);
	assert_true(is_for_modules_alone(certificate));
	assert_int_equal(X509_get_key_usage(certificate), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_check_ca(certificate), 0);
	assert_non_null(X509_get0_subject_key_id(certificate));
	assert_true(ASN1_INTEGER_get(X509_get0_serialNumber(certificate)) != 0);
	X509_free(certificate);
}

static void processes_at_once_agree_on_one_pair(void **state)
{
	enum { PROCESSES = 6 };
	cleanup(pair_free) struct pair pair = places(state);
	pid_t children[PROCESSES];

	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct error error = {0};
			bool made;
			cleanup(free_string) char *seen = text_format("%s-%d", pair.key, i);
			int code = key_make_missing(pair.key, pair.certificate, &made, &error);

			_exit(code || file_copy(pair.key, seen, &error) < 0);
		}
		assert_true(children[i] > 0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		cleanup(free_string) char *seen = text_format("%s-%d", pair.key, i);
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(process_exit_status(status), 0);
		assert_same_content(seen, pair.key);
	}
	assert_pair_fits(&pair);
	assert_int_equal(mode_of(pair.key), 0600);
	run("test -z \"$(find '%s' -mindepth 1 -name '.dkms*')\"", (char *)*state);
}

UNIT_MAIN(scratch_test(a_key_missing_beside_its_certificate_is_an_error),
	  scratch_test(a_missing_combined_file_is_an_error),
	  scratch_test(what_stands_in_a_key_s_place_is_never_overwritten),
	  scratch_test(a_token_s_key_is_not_made),
	  scratch_test(a_locked_key_gets_its_certificate_with_the_passphrase),
	  scratch_test(a_pair_is_made_once_private_and_whole),
	  scratch_test(modes_hold_under_a_tight_umask_too),
	  scratch_test(a_missing_certificate_is_made_for_the_key_there_is),
	  scratch_test(the_certificate_says_what_it_is_for),
	  scratch_test(processes_at_once_agree_on_one_pair),
	  scratch_test(on_a_read_only_file_system_the_file_is_named))
