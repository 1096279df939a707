/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "module/sign.h"
#include "module/sign_generate.h"
#include "module/sign_secret.h"

/* Writes a new file that nobody but its mode's readers could open at any time. */
static int write_new(const char *path, mode_t mode, const struct secret *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	int code = file_write_all(fd, content->bytes, content->length);

	if (!code && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		code = -errno;
	if (close(fd) < 0 && !code)
		code = -errno;
	return code;
}

/*
 * Makes path appear whole, or finds that another process was faster: that one's file stays.
 * A link, unlike a rename, never replaces anything.
 */
static int publish(const char *path, mode_t mode, const struct secret *content, bool *made,
		   struct error *error)
{
	cleanup(free_string) char *parent = path_parent(path);
	cleanup(free_string) char *temporary = file_temporary_name(parent, "key");
	int code = write_new(temporary, mode, content);

	if (!code && link(temporary, path) == 0)
		*made = true;
	else if (!code && errno != EEXIST)
		code = -errno;
	if (unlink(temporary) < 0 && errno != ENOENT && !code)
		code = -errno;
	if (code < 0)
		return error_errno(error, code, 0, "Cannot write %s", path);
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

	error_set(error, -ENOENT, 0, "There is no certificate %s for the signing key %s",
		  certificate, shown);
	return error_hint(error, "Export it from the token, or make one with the token's tools");
}

int key_make_missing(const char *key, const char *certificate, bool *ret_made, struct error *error)
{
	/* In this order: whoever makes both at this moment makes the key first. */
	bool has_certificate = file_exists_nofollow(certificate);
	bool has_key = signer_key_is_uri(key) || file_exists_nofollow(key);
	bool made = false;

	if (signer_key_is_uri(key) && !has_certificate)
		return refuse_uri(key, certificate, error);
	if (!has_key && has_certificate) {
		error_set(error, -ENOENT, 0,
			  "The signing key %s is missing, but its certificate %s is there", key,
			  certificate);
		return error_hint(error, "Restore the key, or move the certificate away to have a "
					 "new pair made");
	}
	if (!has_key && make_key(key, &made, error) < 0)
		return error_wrap(error, "Cannot make the signing key");
	if (!has_certificate && make_certificate(certificate, key, &made, error) < 0)
		return error_wrap(error, "Cannot make the certificate");
	*ret_made = made;
	return 0;
}
