/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assignments.h"
#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "distro/distro.h"
#include "distro/family.h"

bool distro_find_signing_key(const struct settings *settings, const struct distro *distro,
			     const struct distro_kernel_signing *kernel, char **ret_key,
			     char **ret_certificate)
{
	return distro->family->find_signing_key &&
	       distro->family->find_signing_key(settings, kernel, ret_key, ret_certificate);
}

int distro_make_signing_key(const struct distro *distro, bool *ret_made, struct error *error)
{
	if (distro->family->make_signing_key && distro->family->make_signing_key(error) < 0)
		return error->code;
	*ret_made = distro->family->make_signing_key;
	return 0;
}

/* --- Ubuntu: the key that its shim-signed package makes and enrols --- */

bool ubuntu_find_signing_key(const struct settings *settings,
			     const struct distro_kernel_signing *kernel, char **ret_key,
			     char **ret_certificate)
{
	(void)kernel;
	*ret_key = settings_path(settings, "/var/lib/shim-signed/mok/MOK.priv");
	*ret_certificate = settings_path(settings, "/var/lib/shim-signed/mok/MOK.der");
	return true;
}

static const char secureboot_policy[] = "update-secureboot-policy";

static int make_ubuntu_key(struct error *error)
{
	/* Otherwise it sets off a trigger of its package, which handles dkms's modules itself. */
	char *const argv[] = {(char *)"env", (char *)"SHIM_NOTRIGGER=y", (char *)secureboot_policy,
			      (char *)"--new-key", NULL};
	struct process process = {.argv = argv, .stdout_fd = -1, .stderr_fd = -1};
	int status;

	if (process_run(&process, &status, error) < 0)
		return error->code;
	if (status)
		return error_set(error, -EPROTO, 0, "%s --new-key failed with exit status %d.",
				 secureboot_policy, status);
	return 0;
}

/* It may ask for a password, so it gets our standard input. Declining is the user's right. */
static int enrol_ubuntu_key(struct error *error)
{
	char *const argv[] = {(char *)secureboot_policy, (char *)"--enroll-key", NULL};
	cleanup(close_fd) int input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	struct process process = {.argv = argv, .stdin_fd = input > 0 ? input : 0};
	int ignored_status;

	return process_run(&process, &ignored_status, error);
}

int ubuntu_make_signing_key(struct error *error)
{
	cleanup(free_string) char *program = process_find_program(secureboot_policy);

	if (!program) {
		(void)error_set(error, -ENOENT, 0,
				"There is no signing key, and no %s to make one.",
				secureboot_policy);
		return error_hint(error, "Install the package shim-signed, or set mok_signing_key "
					 "and mok_certificate in /etc/dkms/framework.conf.");
	}
	if (make_ubuntu_key(error) < 0)
		return error->code;
	return enrol_ubuntu_key(error);
}

/* --- Gentoo: the key that portage signs modules with (linux-mod-r1.eclass) --- */

/* make.conf may be a directory of files that are read in order, and of such directories. */
static char *read_make_conf(const char *path, const char *variable)
{
	cleanup(strv_free) struct strv names = {0};
	char *found = NULL;
	const char *name;

	if (!file_is_directory(path))
		return assignments_read(path, variable);
	directory_list_if_possible(path, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *file = path_join(path, name, NULL);
		bool may_loop = file_is_symlink(file) && file_is_directory(file);
		char *value = may_loop ? NULL : read_make_conf(file, variable);

		if (value) {
			free(found);
			found = value;
		}
	}
	return found;
}

static char *portage_setting(const struct settings *settings, const char *variable)
{
	const char *value = getenv(variable);

	if (!text_empty(value))
		return xstrdup(value);
	cleanup(free_string) char *path = settings_path(settings, "/etc/portage/make.conf");
	cleanup(free_string) char *found = read_make_conf(path, variable);

	return text_empty(found) ? NULL : TAKE(found);
}

static bool is_uri(const char *key)
{
	return text_starts_with(key, "pkcs11:");
}

/* Like kbuild, takes CONFIG_MODULE_SIG_KEY as relative to the kernel's build directory. */
static char *in_source_directory(const struct distro_kernel_signing *kernel, const char *name)
{
	return *name == '/' || is_uri(name) ? xstrdup(name)
					    : path_join(kernel->source_directory, name, NULL);
}

bool gentoo_find_signing_key(const struct settings *settings,
			     const struct distro_kernel_signing *kernel, char **ret_key,
			     char **ret_certificate)
{
	cleanup(free_string) char *key = portage_setting(settings, "MODULES_SIGN_KEY");
	cleanup(free_string) char *certificate = portage_setting(settings, "MODULES_SIGN_CERT");

	if (!key && text_empty(kernel->key))
		return false;
	if (!key)
		key = xstrdup(kernel->key);
	if (!certificate) /* a PEM file holds both; kbuild extracts that of a token's key */
		certificate = xstrdup(is_uri(key) ? "certs/signing_key.x509" : key);
	*ret_key = in_source_directory(kernel, key);
	*ret_certificate = in_source_directory(kernel, certificate);
	return true;
}
