/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A software token (SoftHSM) in a private directory stands for a hardware one. All tests share it,
 * and their order matters: the pkcs11 engine stays loaded, and logged in once it was.
 */
#include "sign/pair.h"

#include <errno.h>
#include <sys/wait.h>

#include "sign/signer.h"

static const char *const info[] = {"version=1", NULL};
static const char code[] = "int answer(void) { return 42; }";
static const char uri[] = "pkcs11:token=dkms-test;object=signing;type=private";

/*
 * libp11's engine keeps what it adds to OpenSSL once, and nothing points to that when it is
 * unloaded. The sanitizer knows it by the caller, which only a slow look at the stack shows.
 */
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

const char *__lsan_default_suppressions(void)
{
	return "leak:ENGINE_get_pkey_meth\n";
}

struct token {
	void *directory;
	struct pair pair, other;
};

/* Puts pair's key on a new token with the PIN 1234. */
static int make_token(void **state)
{
	static struct token token;

	(void)scratch_setup(&token.directory);
	token.pair = make_pair(&token.directory, "pair");
	token.other = make_pair(&token.directory, "other");
	*state = &token;
	if (!has_program("softhsm2-util"))
		return 0;
	cleanup(free_string) char *tokens = path_join(token.directory, "tokens", NULL);
	cleanup(free_string) char *text = text_format(
		"directories.tokendir = %s\nobjectstore.backend = file\n", tokens);
	cleanup(free_string) char *configuration = scratch_file(&token.directory, "softhsm2.conf",
								text, strlen(text));

	assert_int_equal(setenv("SOFTHSM2_CONF", configuration, 1), 0);
	run("mkdir '%s' && softhsm2-util --init-token --free --label dkms-test --so-pin 5678 "
	    "--pin 1234 && softhsm2-util --import '%s' --token dkms-test --label signing --id 01 "
	    "--pin 1234",
	    tokens, token.pair.key);
	return 0;
}

static int remove_token(void **state)
{
	struct token *token = *state;

	pair_free(&token->pair);
	pair_free(&token->other);
	return scratch_teardown(&token->directory);
}

static void assert_refused(const char *pin, const char *key, const char *certificate, int status,
			   const char *text)
{
	struct signer *signer = NULL;
	struct error error = {0};

	assert_int_equal(pin ? setenv("KBUILD_SIGN_PIN", pin, 1) : unsetenv("KBUILD_SIGN_PIN"), 0);
	signer_open(key, certificate, &signer, &error);
	assert_null(signer);
	assert_failure(&error, status, text);
}

static void skip_without_token(const struct token *token)
{
	struct signer *signer = NULL;
	struct error error = {0};

	skip_without("softhsm2-util");
	if (signer_open("pkcs11:token=nobody;object=none", token->pair.certificate, &signer,
			&error) != -ENOPKG) {
		error_clear(&error);
		return;
	}
	print_message("# skipped: %s\n", error.message);
	error_clear(&error);
	skip();
}

/* Sets a variable of the environment, or takes it away (NULL). Returns what it was, or NULL. */
static char *exchange_variable(const char *name, const char *value)
{
	const char *old = getenv(name);
	char *copy = old ? xstrdup(old) : NULL;

	assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
	return copy;
}

static void without_engine_and_provider_the_package_is_named(void **state)
{
	const struct token *token = *state;
	cleanup(free_string) char *engines = exchange_variable("OPENSSL_ENGINES", token->directory);
	cleanup(free_string) char *modules = exchange_variable("OPENSSL_MODULES", token->directory);
	struct signer *signer = NULL;
	struct error error = {0};

	signer_open("pkcs11:object=x?pin-value=1234", token->pair.certificate, &signer, &error);
	free(exchange_variable("OPENSSL_ENGINES", engines));
	free(exchange_variable("OPENSSL_MODULES", modules));
	assert_null(signer);
	assert_non_null(strstr(error.message, "pkcs11:object=x?pin-value=… is on a PKCS#11 token"));
	assert_null(strstr(error.message, "1234"));
	assert_failure(&error, -ENOPKG,
		       "\nInstall the package pkcs11-provider or libengine-pkcs11-openssl");
}

static void a_token_needs_its_pin(void **state)
{
	const struct token *token = *state;

	skip_without_token(token);
	assert_refused(NULL, uri, token->pair.certificate, -EKEYREJECTED,
		       "asks for a PIN.\nSet KBUILD_SIGN_PIN");
	assert_refused("4321", uri, token->pair.certificate, -EKEYREJECTED,
		       "KBUILD_SIGN_PIN its PIN?");
}

static void a_key_that_is_not_there_is_named(void **state)
{
	const struct token *token = *state;

	skip_without_token(token);
	assert_refused("1234", "pkcs11:token=dkms-test;object=other;type=private",
		       token->pair.certificate, -EKEYREJECTED, "object=other");
	assert_refused("1234", "pkcs11:token=nobody;object=signing", token->pair.certificate,
		       -EKEYREJECTED, "\nIs the token present");
}

static void a_token_s_key_is_checked_against_the_certificate(void **state)
{
	const struct token *token = *state;

	skip_without_token(token);
	assert_refused("1234", uri, token->other.certificate, -EKEYREJECTED,
		       "do not belong together");
}

static void a_token_signs_as_the_file_does(void **state)
{
	struct token *token = *state;
	cleanup(signer_free_handler) struct signer *from_token = NULL;
	cleanup(signer_free_handler) struct signer *from_file = NULL;
	struct error error = {0};

	skip_without_token(token);
	cleanup(free_string) char *ours = make_module(&token->directory, "m.ko", info, code);
	cleanup(free_string) char *expected = copy_of(&token->directory, ours, "expected.ko");

	assert_int_equal(setenv("KBUILD_SIGN_PIN", "1234", 1), 0);
	assert_ok(signer_open(uri, token->pair.certificate, &from_token, &error), &error);
	assert_ok(signer_open(token->pair.key, token->pair.certificate, &from_file, &error),
		  &error);
	assert_ok(signer_sign(from_file, "sha256", expected, &error), &error);
	for (int i = 0; i < 2; i++) { /* the second time anew */
		assert_ok(signer_sign(from_token, "sha256", ours, &error), &error);
		assert_same_content(ours, expected);
	}
}

static void a_forked_process_signs_with_the_token_too(void **state)
{
	struct token *token = *state;
	cleanup(signer_free_handler) struct signer *signer = NULL;
	struct error error = {0};
	int status;

	skip_without_token(token);
	cleanup(free_string) char *ours = make_module(&token->directory, "m.ko", info, code);
	cleanup(free_string) char *expected = copy_of(&token->directory, ours, "expected.ko");

	assert_int_equal(setenv("KBUILD_SIGN_PIN", "1234", 1), 0);
	assert_ok(signer_open(uri, token->pair.certificate, &signer, &error), &error);
	pid_t child = fork();

	if (child == 0)
		_exit(signer_sign(signer, "sha256", ours, &error) < 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(process_exit_status(status), 0);
	assert_ok(signer_sign(signer, "sha256", expected, &error), &error);
	assert_same_content(ours, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_engine_and_provider_the_package_is_named),
		cmocka_unit_test(a_token_needs_its_pin),
		cmocka_unit_test(a_key_that_is_not_there_is_named),
		cmocka_unit_test(a_token_s_key_is_checked_against_the_certificate),
		cmocka_unit_test(a_token_signs_as_the_file_does),
		cmocka_unit_test(a_forked_process_signs_with_the_token_too),
	};

	return cmocka_run_group_tests(tests, make_token, remove_token);
}
