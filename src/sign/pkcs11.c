/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys on PKCS#11 tokens. OpenSSL reaches them through the pkcs11 provider if it is installed,
 * otherwise through the older pkcs11 engine. The engines' interface is deprecated since 3.0 and
 * gone from 4.0, but many distributions still ship it. No other file of dkms uses engines.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#ifndef OPENSSL_NO_ENGINE
#include <openssl/engine.h>
#endif

#include "base/memory.h"
#include "base/text.h"
#include "sign/openssl.h"
#include "sign/signer.h"

DEFINE_CLEANUP(OSSL_STORE_CTX *, OSSL_STORE_close)
DEFINE_CLEANUP(OSSL_STORE_INFO *, OSSL_STORE_INFO_free)

struct pkcs11 {
	UI_METHOD *method; /* our default method while the token is open */
	OSSL_PROVIDER *provider;
#ifndef OPENSSL_NO_ENGINE
	ENGINE *engine;
#endif
};

/*
 * Answers the question for a PIN, once: a wrong one given again and again would lock the token.
 * Whoever asks without our struct unlock gets no answer.
 */
static int give_pin(UI *ui, UI_STRING *question)
{
	struct unlock *unlock = UI_get0_user_data(ui);
	enum UI_string_types type = UI_get_string_type(question);

	if (type != UIT_PROMPT && type != UIT_VERIFY)
		return 1;
	if (!unlock)
		return 0;
	bool first = !unlock->asked;

	unlock->asked = true;
	return first && unlock->pin && UI_set_result(ui, question, unlock->pin) == 0;
}

/*
 * A user interface of no terminal. It becomes OpenSSL's default too, because the provider asks by
 * the default when it cannot log in as it was told.
 */
static bool set_method(struct pkcs11 *pkcs11)
{
	pkcs11->method = UI_create_method("KBUILD_SIGN_PIN");
	if (!pkcs11->method || UI_method_set_reader(pkcs11->method, give_pin) < 0)
		return false;
	UI_set_default_method(pkcs11->method);
	return true;
}

static EVP_PKEY *load_from_provider(struct pkcs11 *pkcs11, const char *uri, struct unlock *unlock)
{
	/* 1: the built-in algorithms stay available beside it. */
	pkcs11->provider = OSSL_PROVIDER_try_load(NULL, "pkcs11", 1);
	if (!pkcs11->provider)
		return NULL;
	cleanup(OSSL_STORE_close_handler)
		OSSL_STORE_CTX *store = OSSL_STORE_open(uri, pkcs11->method, unlock, NULL, NULL);

	if (!store)
		return NULL;
	(void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
	while (!OSSL_STORE_eof(store)) {
		cleanup(OSSL_STORE_INFO_free_handler)
			OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			return OSSL_STORE_INFO_get1_PKEY(info);
		if (!info && OSSL_STORE_error(store))
			return NULL;
	}
	return NULL;
}

#ifndef OPENSSL_NO_ENGINE
static EVP_PKEY *load_from_engine(struct pkcs11 *pkcs11, const char *uri, struct unlock *unlock)
{
	ENGINE *engine;

	ENGINE_load_builtin_engines(); /* "dynamic", which loads the others */
	engine = ENGINE_by_id("pkcs11");
	if (!engine)
		return NULL;
	(void)ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 0); /* it would write to stderr */
	if (ENGINE_init(engine))
		pkcs11->engine = engine;
	(void)ENGINE_free(engine); /* initialised, it has a reference of its own */
	return pkcs11->engine ? ENGINE_load_private_key(engine, uri, pkcs11->method, unlock) : NULL;
}

static bool is_reachable(const struct pkcs11 *pkcs11)
{
	return pkcs11->provider || pkcs11->engine;
}
#else
static bool is_reachable(const struct pkcs11 *pkcs11)
{
	return pkcs11->provider != NULL;
}
#endif

static int explain(const char *uri, const struct pkcs11 *pkcs11, const struct unlock *unlock,
		   struct error *error)
{
	cleanup(free_string) char *shown = signer_shown_key(uri);

	if (!is_reachable(pkcs11)) {
		ERR_clear_error();
		error_set(error, -ENOPKG, 0,
			  "The signing key %s is on a PKCS#11 token, and OpenSSL has neither the "
			  "pkcs11 provider nor the pkcs11 engine to reach it.",
			  shown);
		return error_hint(error, "Install the package pkcs11-provider or "
					 "libengine-pkcs11-openssl (Debian, Ubuntu), or "
					 "openssl-pkcs11 (Fedora, RHEL).");
	}
	if (unlock->asked && !unlock->pin) {
		ERR_clear_error();
		error_set(error, -EKEYREJECTED, 0,
			  "The token of the signing key %s asks for a PIN.", shown);
		return error_hint(error, "Set KBUILD_SIGN_PIN in the environment to it.");
	}
	openssl_error(error, -EKEYREJECTED, "Cannot use the signing key %s", shown);
	return error_hint(error, "Is the token present, the object's name right, and "
				 "KBUILD_SIGN_PIN its PIN?");
}

int pkcs11_load_key(const char *uri, struct pkcs11 **ret_pkcs11, EVP_PKEY **ret_key,
		    struct error *error)
{
	cleanup(pkcs11_free_handler) struct pkcs11 *pkcs11 = NEW(struct pkcs11);
	struct unlock unlock = unlock_from_environment();
	EVP_PKEY *key;

	if (!set_method(pkcs11))
		return openssl_error(error, -ENOMEM, "Cannot use a PKCS#11 token");
	key = load_from_provider(pkcs11, uri, &unlock);
#ifndef OPENSSL_NO_ENGINE
	if (!pkcs11->provider)
		key = load_from_engine(pkcs11, uri, &unlock);
#endif
	if (!key)
		return explain(uri, pkcs11, &unlock, error);
	ERR_clear_error();
	*ret_pkcs11 = TAKE(pkcs11);
	*ret_key = key;
	return 0;
}

void pkcs11_free(struct pkcs11 *pkcs11)
{
	if (pkcs11->provider)
		(void)OSSL_PROVIDER_unload(pkcs11->provider);
#ifndef OPENSSL_NO_ENGINE
	/* It stays in OpenSSL's list: once removed it could not be loaded again. */
	if (pkcs11->engine)
		(void)ENGINE_finish(pkcs11->engine);
#endif
	if (UI_get_default_method() == pkcs11->method)
		UI_set_default_method(UI_OpenSSL());
	UI_destroy_method(pkcs11->method);
	free(pkcs11);
}
