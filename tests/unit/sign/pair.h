/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key pairs for tests, and the kernel's own sign-file programs to compare with. */
#pragma once

#include "module/files.h"

#include <glob.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

struct pair {
	char *key;         /* PEM */
	char *certificate; /* PEM */
};

static inline void pair_free(struct pair *pair)
{
	free(pair->key);
	free(pair->certificate);
}

static inline FILE *pair_file(const char *path)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	return file;
}

/* NAME.key and NAME.pem, self-signed, valid from and until so many days from now. */
static inline struct pair make_dated_pair(void **state, const char *name, EVP_PKEY *key, int from,
					  int until)
{
	cleanup(free_string) char *key_file = text_format("%s.key", name);
	cleanup(free_string) char *certificate_file = text_format("%s.pem", name);
	struct pair pair = {path_join(*state, key_file, NULL),
			    path_join(*state, certificate_file, NULL)};
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	assert_non_null(key);
	assert_true(X509_set_version(certificate, X509_VERSION_3));
	assert_true(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0x1234567));
	assert_true(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
					       (const unsigned char *)name, -1, -1, 0));
	assert_true(X509_set_issuer_name(certificate, subject));
	assert_non_null(X509_time_adj_ex(X509_getm_notBefore(certificate), from, 0, NULL));
	assert_non_null(X509_time_adj_ex(X509_getm_notAfter(certificate), until, 0, NULL));
	assert_true(X509_set_pubkey(certificate, key));
	assert_true(X509_sign(certificate, key, EVP_sha256()));

	FILE *file = pair_file(pair.key);

	assert_true(PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	assert_int_equal(fclose(file), 0);
	file = pair_file(pair.certificate);
	assert_true(PEM_write_X509(file, certificate));
	assert_int_equal(fclose(file), 0);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return pair;
}

static inline struct pair make_pair(void **state, const char *name)
{
	return make_dated_pair(state, name, EVP_RSA_gen(2048U), -1, 1);
}

/* Every sign-file of installed kernel headers. */
static inline void find_sign_files(struct strv *paths)
{
	static const char *const patterns[] = {"/usr/lib/linux-kbuild-*/scripts/sign-file",
					       "/lib/modules/*/build/scripts/sign-file"};
	glob_t found = {0};

	for (size_t i = 0; i < 2; i++)
		(void)glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char real[PATH_MAX];

		if (realpath(found.gl_pathv[i], real) && !strv_contains(paths, real))
			strv_add(paths, real);
	}
	globfree(&found);
}

static inline char *copy_of(void **state, const char *path, const char *name)
{
	struct error error = {0};
	char *copy = path_join(*state, name, NULL);

	assert_ok(file_unlink(copy, &error), &error);
	assert_ok(file_copy(path, copy, &error), &error);
	return copy;
}

static inline void assert_same_content(const char *a, const char *b)
{
	if (!file_same_content(a, b))
		fail_msg("%s and %s differ", a, b);
}
