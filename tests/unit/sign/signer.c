/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <openssl/cms.h>

#include "module/compress.h"
#include "module/content.h"
#include "sign/pair.h"
#include "sign/signer.h"

static const char *const info[] = {"version=1", "license=GPL", NULL};
static const char code[] = "int answer(void) { return 42; }";

static struct signer *open_signer(const char *key, const char *certificate)
{
	struct error error = {0};
	struct signer *signer = NULL;

	assert_ok(signer_open(key, certificate, &signer, &error), &error);
	return signer;
}

static void sign_ok(const char *key, const char *certificate, const char *hash, const char *path)
{
	cleanup(signer_free_handler) struct signer *signer = open_signer(key, certificate);
	struct error error = {0};

	assert_ok(signer_sign(signer, hash, path, &error), &error);
}

/* Opening fails as code, naming path and saying text; what follows the first line is a hint. */
static void assert_refused(const char *key, const char *certificate, int status, const char *path,
			   const char *text)
{
	struct error error = {0};
	struct signer *signer = NULL;

	signer_open(key, certificate, &signer, &error);
	assert_null(signer);
	assert_non_null(error.message);
	if (!strstr(error.message, path))
		fail_msg("%s is not named in \"%s\"", path, error.message);
	assert_failure(&error, status, text);
}

/* Keys and certificates that cannot be used. */

static void files_without_a_key_are_refused(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(free_string) char *missing = path_join(*state, "missing", NULL);
	cleanup(free_string) char *empty = scratch_file(state, "empty", "", 0);
	cleanup(free_string) char *text = scratch_file(state, "text", "no key at all\n", 14);
	cleanup(free_string) char *pem = scratch_file(
		state, "pem", "-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----\n", 55);
	const char *certificate = pair.certificate;

	assert_refused(missing, certificate, -ENOENT, missing, "Cannot read the signing key");
	assert_refused(*state, certificate, -EINVAL, *state, "is no regular file");
	assert_refused(empty, certificate, -ENODATA, empty, "is empty");
	assert_refused(text, certificate, -EINVAL, text, "holds no private key that can be read");
	assert_refused(pem, certificate, -EINVAL, pem, "\nA signing key is a PEM or DER file");
	assert_refused(certificate, certificate, -EINVAL, certificate,
		       "holds a certificate, no private key.\nSet mok_signing_key");
	run("truncate -s 2M '%s'", text);
	assert_refused(text, certificate, -EFBIG, text, "is larger than");
	run("rm '%s'; mkfifo '%s'", text, text);
	assert_refused(text, certificate, -EINVAL, text, "is no regular file");
}

static void der_certificates_are_no_keys(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(free_string) char *der = path_join(*state, "certificate.der", NULL);

	skip_without("openssl");
	run("openssl x509 -in '%s' -outform DER -out '%s'", pair.certificate, der);
	assert_refused(der, der, -EINVAL, der, "holds a certificate, no private key");
}

static void files_without_a_certificate_are_refused(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(free_string) char *missing = path_join(*state, "missing", NULL);
	cleanup(free_string) char *empty = scratch_file(state, "empty", "", 0);
	cleanup(free_string) char *der = scratch_file(state, "der", "\x30\x82\x01", 3);

	assert_refused(pair.key, missing, -ENOENT, missing, "Cannot read the certificate");
	assert_refused(pair.key, empty, -ENODATA, empty, "is empty");
	assert_refused(pair.key, der, -EINVAL, der, "holds no certificate that can be read");
	assert_refused(pair.key, pair.key, -EINVAL, pair.key, "\nSet mok_certificate to");
}

static void a_stranger_s_certificate_is_refused(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(pair_free) struct pair other = make_pair(state, "other");
	cleanup(pair_free) struct pair ec = make_dated_pair(state, "ec", EVP_EC_gen("P-256"), -1,
							    1);

	assert_refused(pair.key, other.certificate, -EKEYREJECTED, pair.key,
		       "do not belong together.\nSet mok_signing_key and mok_certificate");
	assert_refused(pair.key, other.certificate, -EKEYREJECTED, other.certificate,
		       "do not belong together");
	assert_refused(pair.key, ec.certificate, -EKEYREJECTED, ec.certificate,
		       "do not belong together");
}

static void a_locked_key_needs_its_passphrase(void **state)
{
	static const char *const forms[] = {
		"pkcs8 -topk8 -v2 aes-256-cbc -passout pass:secret",              /* PEM */
		"pkcs8 -topk8 -v2 aes-256-cbc -passout pass:secret -outform DER", /* DER */
		"rsa -traditional -aes128 -passout pass:secret", /* before PKCS#8 */
	};
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(free_string) char *locked = path_join(*state, "locked.key", NULL);

	skip_without("openssl");
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		run("openssl %s -in '%s' -out '%s'", forms[i], pair.key, locked);
		assert_int_equal(unsetenv("KBUILD_SIGN_PIN"), 0);
		assert_refused(locked, pair.certificate, -EKEYREJECTED, locked,
			       "is protected by a passphrase.\nSet KBUILD_SIGN_PIN");
		assert_int_equal(setenv("KBUILD_SIGN_PIN", "", 1), 0);
		assert_refused(locked, pair.certificate, -EKEYREJECTED, locked,
			       "is protected by a passphrase");
		assert_int_equal(setenv("KBUILD_SIGN_PIN", "wrong", 1), 0);
		assert_refused(locked, pair.certificate, -EKEYREJECTED, locked,
			       "The passphrase in KBUILD_SIGN_PIN does not unlock");
		assert_int_equal(setenv("KBUILD_SIGN_PIN", "secret", 1), 0);
		signer_free(open_signer(locked, pair.certificate));
	}
	assert_int_equal(unsetenv("KBUILD_SIGN_PIN"), 0);
}

/* A PKCS#8 wrapping around a made-up seed: enough to be recognised. */
static void a_key_of_an_unknown_kind_is_named(void **state)
{
	unsigned char ml_dsa_65[54] = "\x30\x34\x02\x01\x00\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03"
				      "\x04\x03\x12\x04\x22\x80\x20";

	if (OPENSSL_version_major() > 3 || OPENSSL_version_minor() >= 5) {
		print_message("# skipped: this OpenSSL has ML-DSA\n");
		skip();
	}
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(free_string) char *key = scratch_file(state, "key", ml_dsa_65, sizeof(ml_dsa_65));

	assert_refused(key, pair.certificate, -EOPNOTSUPP, key, "is of the kind ML-DSA-65, which");
	ml_dsa_65[17] = 0x77;
	cleanup(free_string) char *unknown = scratch_file(state, "unknown", ml_dsa_65,
							  sizeof(ml_dsa_65));

	assert_refused(unknown, pair.certificate, -EOPNOTSUPP, unknown,
		       "is of the kind 2.16.840.1.101.3.4.3.119, which");
}

/* Modules that cannot be signed. */

static void assert_not_signed(const struct signer *signer, const char *hash, const char *path,
			      int status, const char *text)
{
	struct error error = {0};
	cleanup(free_string) char *before = NULL;
	cleanup(free_string) char *after = NULL;
	size_t before_length = 0, after_length = 0;

	if (file_exists(path))
		before = scratch_read(path, &before_length);
	signer_sign(signer, hash, path, &error);
	assert_non_null(error.message);
	assert_non_null(strstr(error.message, path));
	assert_failure(&error, status, text);
	if (!before)
		return;
	after = scratch_read(path, &after_length);
	assert_int_equal(before_length, after_length);
	assert_memory_equal(before, after, after_length);
}

static void what_is_no_whole_module_is_not_signed(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(signer_free_handler) struct signer *signer = open_signer(pair.key,
									 pair.certificate);
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	cleanup(free_string) char *missing = path_join(*state, "missing.ko", NULL);
	cleanup(free_string) char *text = scratch_file(state, "text.ko", "text", 4);
	cleanup(free_string) char *marker = scratch_file(state, "marker.ko",
							 "~Module signature appended~\n", 28);
	cleanup(free_string) char *compressed = NULL;
	struct error error = {0};

	assert_not_signed(signer, "sha256", missing, -ENOENT, "Cannot read");
	assert_not_signed(signer, "sha256", text, -ENOEXEC, "It is no kernel module: not an ELF");
	assert_not_signed(signer, "sha256", marker, -EBADMSG, "Its signature is cut short");
	cleanup(free_string) char *copy = copy_of(state, module, "copy.ko");

	run("truncate -s -1 '%s'", copy);
	assert_not_signed(signer, "sha256", copy, -ENOEXEC, "cut short");
	assert_not_signed(signer, "sha257", module, -EOPNOTSUPP, "the hash \"sha257\"");
	assert_not_signed(signer, "", module, -EOPNOTSUPP, "CONFIG_MODULE_SIG_HASH");
	assert_ok(compress_file(module, COMPRESSION_XZ, NULL, &compressed, &error), &error);
	assert_not_signed(signer, "sha256", compressed, -ENOEXEC, "not an ELF");
}

static void a_module_on_a_read_only_file_system_stays_as_it_is(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(signer_free_handler) struct signer *signer = open_signer(pair.key,
									 pair.certificate);
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	const char *directory = *state;

	mount_read_only(directory);
	assert_not_signed(signer, "sha256", module, -EROFS, "Read-only file system");
	unmount(directory);
}

/* Signatures as they should be. */

static void rsa_signatures_are_those_of_the_kernel_s_program(void **state)
{
	static const char *const hashes[] = {"sha1",   "sha224",   "sha256",   "sha384",
					     "sha512", "sha3-256", "sha3-384", "sha3-512"};
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	cleanup(strv_free) struct strv programs = {0};
	const char *program;

	find_sign_files(&programs);
	if (programs.count == 0) {
		print_message("# skipped: no kernel headers with scripts/sign-file\n");
		skip();
	}
	STRV_FOREACH (program, &programs) {
		for (size_t i = 0; i < sizeof(hashes) / sizeof(*hashes); i++) {
			cleanup(free_string) char *ours = copy_of(state, module, "ours.ko");
			cleanup(free_string) char *theirs = copy_of(state, module, "theirs.ko");

			run("'%s' %s '%s' '%s' '%s'", program, hashes[i], pair.key,
			    pair.certificate, theirs);
			sign_ok(pair.key, pair.certificate, hashes[i], ours);
			assert_same_content(ours, theirs);
		}
	}
	print_message("# compared with %zu sign-file programs\n", programs.count);
}

/* The CMS of a signed module with the signer's signature proper taken out, as DER. */
static int der_without_random(const char *path, unsigned char **ret_der)
{
	struct error error = {0};
	size_t length, start;
	cleanup(free_string) char *data = scratch_read(path, &length);

	assert_ok(signature_find_start(data, length, &start, &error), &error);
	assert_true(start < length);
	const unsigned char *der = (const unsigned char *)data + start;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &der, (long)(length - start));

	assert_non_null(cms);
	CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);

	assert_true(ASN1_OCTET_STRING_set(CMS_SignerInfo_get0_signature(signer),
					  (const unsigned char *)"", 0));
	*ret_der = NULL;
	int result = i2d_CMS_ContentInfo(cms, ret_der);

	CMS_ContentInfo_free(cms);
	return result;
}

static void ec_signatures_differ_only_in_what_is_random(void **state)
{
	cleanup(pair_free) struct pair pair = make_dated_pair(state, "ec", EVP_EC_gen("P-384"), -1,
							      1);
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	cleanup(strv_free) struct strv programs = {0};
	const char *program;

	find_sign_files(&programs);
	if (programs.count == 0) {
		print_message("# skipped: no kernel headers with scripts/sign-file\n");
		skip();
	}
	STRV_FOREACH (program, &programs) {
		cleanup(free_string) char *ours = copy_of(state, module, "ours.ko");
		cleanup(free_string) char *theirs = copy_of(state, module, "theirs.ko");
		unsigned char *our_der, *their_der;

		run("'%s' sha384 '%s' '%s' '%s'", program, pair.key, pair.certificate, theirs);
		sign_ok(pair.key, pair.certificate, "sha384", ours);
		int our_length = der_without_random(ours, &our_der);
		int their_length = der_without_random(theirs, &their_der);

		assert_int_equal(our_length, their_length);
		assert_memory_equal(our_der, their_der, our_length);
		OPENSSL_free(our_der);
		OPENSSL_free(their_der);
	}
}

static void every_form_of_the_same_pair_gives_the_same_signature(void **state)
{
	static const char *const keys[] = {"pair.key", "key.der", "traditional.pem",
					   "key-first.pem", "certificate-first.pem"};
	static const char *const certificates[] = {"pair.pem", "certificate.der", "key-first.pem",
						   "certificate-first.pem"};
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	cleanup(free_string) char *reference = copy_of(state, module, "reference.ko");

	skip_without("openssl");
	run("cd '%s' && openssl pkey -in pair.key -outform DER -out key.der && "
	    "openssl rsa -traditional -in pair.key -out traditional.pem && "
	    "openssl x509 -in pair.pem -outform DER -out certificate.der && "
	    "cat pair.key pair.pem > key-first.pem && cat pair.pem pair.key > "
	    "certificate-first.pem",
	    (char *)*state);
	sign_ok(pair.key, pair.certificate, "sha256", reference);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		for (size_t j = 0; j < sizeof(certificates) / sizeof(*certificates); j++) {
			cleanup(free_string) char *key = path_join(*state, keys[i], NULL);
			cleanup(free_string) char *certificate = path_join(*state, certificates[j],
									   NULL);
			cleanup(free_string) char *copy = copy_of(state, module, "copy.ko");

			sign_ok(key, certificate, "sha256", copy);
			assert_same_content(copy, reference);
		}
	}
}

static void a_signed_module_is_signed_anew_not_twice(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(pair_free) struct pair other = make_pair(state, "other");
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	cleanup(free_string) char *once = copy_of(state, module, "once.ko");

	sign_ok(pair.key, pair.certificate, "sha256", once);
	sign_ok(other.key, other.certificate, "sha512", module);
	assert_false(file_same_content(once, module));
	sign_ok(pair.key, pair.certificate, "sha256", module);
	assert_same_content(once, module);
	sign_ok(pair.key, pair.certificate, "sha256", module);
	assert_same_content(once, module);
}

static void the_module_keeps_its_bytes_and_its_mode(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	size_t length, signed_length, start;
	cleanup(free_string) char *before = scratch_read(module, &length);
	struct error error = {0};

	assert_int_equal(chmod(module, 0640), 0);
	sign_ok(pair.key, pair.certificate, "sha256", module);
	cleanup(free_string) char *after = scratch_read(module, &signed_length);

	assert_int_equal(mode_of(module), 0640);
	assert_ok(signature_find_start(after, signed_length, &start, &error), &error);
	assert_int_equal(start, length);
	assert_memory_equal(before, after, length);
}

static void a_certificate_out_of_date_is_warned_of(void **state)
{
	cleanup(pair_free) struct pair old = make_dated_pair(state, "old", EVP_RSA_gen(2048U), -9,
							     -2);
	cleanup(pair_free) struct pair early = make_dated_pair(state, "early", EVP_RSA_gen(2048U),
							       2, 9);
	cleanup(pair_free) struct pair good = make_pair(state, "good");
	cleanup(signer_free_handler) struct signer *expired = open_signer(old.key, old.certificate);
	cleanup(signer_free_handler) struct signer *future = open_signer(early.key,
									 early.certificate);
	cleanup(signer_free_handler) struct signer *current = open_signer(good.key,
									  good.certificate);
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	struct error error = {0};

	assert_non_null(strstr(signer_warning(expired), old.certificate));
	assert_non_null(strstr(signer_warning(expired), " has expired on "));
	assert_non_null(strstr(signer_warning(future), " is not valid before "));
	assert_null(signer_warning(current));
	assert_ok(signer_sign(expired, "sha256", module, &error), &error);
}

static void openssl_recognises_the_signature(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "our own key");
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	cleanup(free_string) char *unsigned_copy = copy_of(state, module, "unsigned.ko");
	cleanup(free_string) char *cms = path_join(*state, "cms.der", NULL);
	struct error error = {0};
	size_t length, start;

	sign_ok(pair.key, pair.certificate, "sha512", module);
	skip_without("openssl");
	cleanup(free_string) char *data = scratch_read(module, &length);

	assert_ok(signature_find_start(data, length, &start, &error), &error);
	free(scratch_file(state, "cms.der", data + start, length - start - 12 - 28));
	run("openssl cms -verify -binary -inform DER -in '%s' -content '%s' -certfile '%s' "
	    "-CAfile '%s' -purpose any -out /dev/null",
	    cms, unsigned_copy, pair.certificate, pair.certificate);
	run("printf x >> '%s'", unsigned_copy);
	assert_int_not_equal(
		run_status("openssl cms -verify -binary -inform DER -in '%s' -content '%s' "
			   "-certfile '%s' -CAfile '%s' -purpose any -out /dev/null",
			   cms, unsigned_copy, pair.certificate, pair.certificate),
		0);
}

static void a_uri_is_shown_without_its_pin(void **state)
{
	static const char *const cases[][2] = {
		{"pkcs11:token=t;object=k?pin-value=1234", "pkcs11:token=t;object=k?pin-value=…"},
		{"pkcs11:object=k?pin-value=12&x=y", "pkcs11:object=k?pin-value=…&x=y"},
		{"pkcs11:object=k", "pkcs11:object=k"},
		{"/etc/pin-value=3", "/etc/pin-value=3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *shown = signer_shown_key(cases[i][0]);

		assert_string_equal(shown, cases[i][1]);
	}
}

static const char *const sign_program_info[] = {"version=1", NULL};

/* A program of this shell text; $1 is the hash, $2 the key, $3 the certificate, $4 the module. */
static char *make_program(void **state, const char *text)
{
	cleanup(free_string) char *script = text_format("#!/bin/sh\n%s\n", text);
	char *path = scratch_file(state, "program", script, strlen(script));

	assert_int_equal(chmod(path, 0755), 0);
	return path;
}

static void a_program_that_fails_leaves_the_module_alone(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *message;
	} cases[] = {
		{"echo no token >&2; echo sorry; exit 3", -EIO,
		 "program failed with exit status 3.\nno token\nsorry"},
		{"printf xx >> $4; kill -9 $$", -EIO, "exit status 137"},
		{"exit 0", -EBADMSG, "ended well, but appended no signature"},
		{"rm $4", -ENOENT, "Cannot read"},
		{"echo trash > $4", -EBADMSG, "altered the module itself"},
		{"printf x >> $4", -EBADMSG, "altered the module itself"},
		{"printf '~Module signature appended~\\n' > $4", -EBADMSG,
		 "signature is cut short"},
		{"head -c 2M /dev/zero >> $4", -EFBIG, "Cannot read"},
	};
	cleanup(free_string) char *module = make_module(state, "m.ko", sign_program_info, code);
	cleanup(free_string) char *before = copy_of(state, module, "before.ko");
	struct error error = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *program = make_program(state, cases[i].text);

		sign_with_program(program, "sha256", "key", "certificate", module, &error);
		assert_non_null(error.message);
		assert_non_null(strstr(error.message, module));
		assert_failure(&error, cases[i].status, cases[i].message);
		assert_same_content(module, before);
	}
	run("test -z \"$(find '%s' -mindepth 1 -name '.dkms*')\"", (char *)*state);
}

static void what_cannot_be_signed_is_not_given_to_the_program(void **state)
{
	cleanup(free_string) char *text = scratch_file(state, "text.ko", "text", 4);
	cleanup(free_string) char *missing = path_join(*state, "missing", NULL);
	cleanup(free_string) char *module = make_module(state, "m.ko", sign_program_info, code);
	struct error error = {0};

	sign_with_program(missing, "sha256", "key", "certificate", text, &error);
	assert_failure(&error, -ENOEXEC, text);
	sign_with_program(missing, "sha256", "key", "certificate", module, &error);
	assert_failure(&error, -ENOENT, missing);
}

static void arguments_come_in_the_documented_order(void **state)
{
	cleanup(free_string) char *module = make_module(state, "m.ko", sign_program_info, code);
	cleanup(free_string) char *program = make_program(
		state, "echo \"$# $1 $2 $3 ${4##*/}\" > \"${0%/*}/arguments\"\n"
		       "printf 'S\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0\\0\\1~Module signature "
		       "appended~\\n' >> \"$4\"");
	cleanup(free_string) char *arguments = path_join(*state, "arguments", NULL);
	struct error error = {0};

	assert_int_equal(chmod(module, 0600), 0);
	assert_ok(sign_with_program(program, "sha512", "pkcs11:object=a b", "/c d", module, &error),
		  &error);
	cleanup(free_string) char *line = scratch_read(arguments, NULL);

	assert_string_equal(line, "4 sha512 pkcs11:object=a b /c d m.ko\n");
	assert_int_equal(mode_of(module), 0600);
	run("tail -c 28 '%s' | grep -q '^~Module signature appended~$'", module);
}

static void the_kernel_s_program_signs_as_we_do_also_anew(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(pair_free) struct pair other = make_pair(state, "other");
	cleanup(free_string) char *module = make_module(state, "m.ko", sign_program_info, code);
	cleanup(free_string) char *ours = copy_of(state, module, "ours.ko");
	cleanup(signer_free_handler) struct signer *signer = NULL;
	cleanup(strv_free) struct strv programs = {0};
	struct error error = {0};
	const char *program;

	find_sign_files(&programs);
	if (programs.count == 0) {
		print_message("# skipped: no kernel headers with scripts/sign-file\n");
		skip();
	}
	assert_ok(signer_open(pair.key, pair.certificate, &signer, &error), &error);
	assert_ok(signer_sign(signer, "sha256", ours, &error), &error);
	STRV_FOREACH (program, &programs) {
		assert_ok(sign_with_program(program, "sha512", other.key, other.certificate, module,
					    &error),
			  &error);
		assert_ok(sign_with_program(program, "sha256", pair.key, pair.certificate, module,
					    &error),
			  &error);
		assert_same_content(module, ours);
	}
}

UNIT_MAIN(scratch_test(files_without_a_key_are_refused), scratch_test(der_certificates_are_no_keys),
	  scratch_test(files_without_a_certificate_are_refused),
	  scratch_test(a_stranger_s_certificate_is_refused),
	  scratch_test(a_locked_key_needs_its_passphrase),
	  scratch_test(a_key_of_an_unknown_kind_is_named),
	  scratch_test(what_is_no_whole_module_is_not_signed),
	  scratch_test(rsa_signatures_are_those_of_the_kernel_s_program),
	  scratch_test(ec_signatures_differ_only_in_what_is_random),
	  scratch_test(every_form_of_the_same_pair_gives_the_same_signature),
	  scratch_test(a_signed_module_is_signed_anew_not_twice),
	  scratch_test(the_module_keeps_its_bytes_and_its_mode),
	  scratch_test(a_certificate_out_of_date_is_warned_of),
	  scratch_test(openssl_recognises_the_signature),
	  scratch_test(a_uri_is_shown_without_its_pin),
	  scratch_test(a_module_on_a_read_only_file_system_stays_as_it_is),
	  scratch_test(a_program_that_fails_leaves_the_module_alone),
	  scratch_test(what_cannot_be_signed_is_not_given_to_the_program),
	  scratch_test(arguments_come_in_the_documented_order),
	  scratch_test(the_kernel_s_program_signs_as_we_do_also_anew))
