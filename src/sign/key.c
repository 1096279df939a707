/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/key.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "sign/signer.h"
#include "sign/generate.h"
#include "sign/secret.h"

/*
 * Makes path appear whole and never readable by more than mode allows, or finds that another
 * process was faster: that one's file stays. A link, unlike a rename, never replaces anything.
 */
static int publish(const char *path, mode_t mode, const struct secret *content, bool *made,
		   struct error *error)
{
	cleanup(free_string) char *parent = path_parent(path);
	cleanup(free_string) char *temporary = temporary_path(parent, "key");

	if (file_create(temporary, content->bytes, content->length, mode, error) < 0)
		return error->code;
	bool linked = link(temporary, path) == 0;
	int code = linked || errno == EEXIST ? 0 : -errno;

	if (unlink(temporary) < 0 && !code)
		code = -errno;
	if (code < 0)
		return error_errno(error, code, 0, "Cannot write %s", path);
	*made |= linked;
	return file_sync_directory(parent, error);
}

static int make_directory_of(const char *path, struct error *error)
{
	cleanup(free_string) char *parent = path_parent(path);

	return file_make_directories(parent, error);
}

static int make_key(const char *path, bool *made, struct error *error)
{
	cleanup(secret_free) struct secret pem = {0};

	if (make_directory_of(path, error) < 0 || generate_key(&pem, error) < 0)
		return error->code;
	return publish(path, 0600, &pem, made, error);
}

static int make_certificate(const char *path, const char *key, bool *made, struct error *error)
{
	cleanup(secret_free) struct secret der = {0};

	if (make_directory_of(path, error) < 0 || generate_certificate(key, &der, error) < 0)
		return error->code;
	return publish(path, 0644, &der, made, error);
}

static int refuse_uri(const char *key, const char *certificate, struct error *error)
{
	cleanup(free_string) char *shown = signer_shown_key(key);

	(void)error_set(error, -ENOENT, 0, "There is no certificate %s for the signing key %s.",
			certificate, shown);
	return error_hint(error, "Export it from the token, or make one with the token's tools.");
}

/* A missing key that a new one must not take the place of. */
static int refuse_key(const char *key, const char *certificate, struct error *error)
{
	if (text_equal(key, certificate)) {
		(void)error_set(error, -ENOENT, 0,
				"%s, which is to hold signing key and certificate, is missing.",
				key);
		return error_hint(error,
				  "Restore it, or name a file for each to have a pair made.");
	}
	(void)error_set(error, -ENOENT, 0,
			"The signing key %s is missing, but its certificate %s is there.", key,
			certificate);
	return error_hint(error, "Restore the key, or move the certificate away to have a new pair "
				 "made.");
}

int key_make_missing(const char *key, const char *certificate, bool *ret_made, struct error *error)
{
	/* In this order: whoever makes both at this moment makes the key first. */
	bool has_certificate = file_exists_nofollow(certificate);
	bool has_key = signer_key_is_uri(key) || file_exists_nofollow(key);
	bool made = false;

	if (signer_key_is_uri(key) && !has_certificate)
		return refuse_uri(key, certificate, error);
	if (!has_key && (has_certificate || text_equal(key, certificate)))
		return refuse_key(key, certificate, error);
	if (!has_key && make_key(key, &made, error) < 0)
		return error_wrap(error, "Cannot make the signing key %s", key);
	if (!has_certificate && make_certificate(certificate, key, &made, error) < 0)
		return error_wrap(error, "Cannot make the certificate %s", certificate);
	*ret_made = made;
	return 0;
}
