/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/signing.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "sign/key.h"
#include "tree/layout.h"
#include "tree/lock.h"

/* True in a chroot or container: this process does not see the system that runs the machine. */

/* A machine with thousands of mounts stays far below. */
#define MOUNTINFO_MAX ((size_t)16 << 20)

static bool roots_differ(const char *proc)
{
	cleanup(free_string) char *first = path_join(proc, "1/root", NULL);
	cleanup(free_string) char *own = path_join(proc, "self/root", NULL);
	struct stat first_root, own_root;

	return stat(first, &first_root) == 0 && stat(own, &own_root) == 0 &&
	       (first_root.st_dev != own_root.st_dev || first_root.st_ino != own_root.st_ino);
}

/* NULL where it cannot be read. */
static char *read_mounts(const char *proc, const char *process)
{
	cleanup(free_string) char *path = path_join(proc, process, "mountinfo", NULL);
	char *mounts = NULL;

	mounts = file_read_if_possible(path, MOUNTINFO_MAX);
	return mounts;
}

/*
 * Something may be mounted between two readings, so a difference counts only if our own list read
 * the same before and after the other.
 */
static bool mounts_differ(const char *proc)
{
	enum { ATTEMPTS = 5 };

	for (int i = 0; i < ATTEMPTS; i++) {
		cleanup(free_string) char *before = read_mounts(proc, "self");
		cleanup(free_string) char *first = read_mounts(proc, "1");
		cleanup(free_string) char *after = read_mounts(proc, "self");

		if (!before || !first || text_equal(before, first))
			return false;
		if (text_equal(before, after))
			return true;
	}
	return false;
}

bool in_chroot(const char *proc)
{
	return !text_empty(getenv("FAKECHROOT")) || roots_differ(proc) || mounts_differ(proc);
}

/* Chooses the key pair that signs, and makes dkms's own: a part of sign/signing.h. */

enum owner { OWNER_USER, OWNER_DISTRIBUTION, OWNER_DKMS };

struct places {
	enum owner owner;
	char *key;
	char *certificate;
};

static void places_free(struct places *places)
{
	free(places->key);
	free(places->certificate);
}

/* The expanded value of a setting, or what takes its place. Takes ownership of fallback. */
static char *setting_or(const char *setting, const struct kernel *kernel, char *fallback)
{
	if (text_empty(setting))
		return fallback;
	free(fallback);
	return settings_expand(setting, kernel->id.release);
}

static void find_places(const struct settings *settings, const struct distro *distro,
			const struct kernel *kernel, struct places *places)
{
	const struct distro_kernel_signing facts = {
		.source_directory = kernel->source_directory,
		.key = kernel_config_value(kernel, "CONFIG_MODULE_SIG_KEY"),
	};
	bool user = !text_empty(settings->mok_signing_key) ||
		    !text_empty(settings->mok_certificate);

	if (!user &&
	    distro_find_signing_key(settings, distro, &facts, &places->key, &places->certificate)) {
		places->owner = OWNER_DISTRIBUTION;
		return;
	}
	places->owner = user ? OWNER_USER : OWNER_DKMS;
	places->key = setting_or(settings->mok_signing_key, kernel, layout_mok_key(settings));
	places->certificate = setting_or(settings->mok_certificate, kernel,
					 layout_mok_certificate(settings));
}

void signing_key_places(const struct settings *settings, const struct distro *distro,
			const struct kernel *kernel, char **ret_key, char **ret_certificate)
{
	struct places places = {0};

	find_places(settings, distro, kernel, &places);
	*ret_key = places.key;
	*ret_certificate = places.certificate;
}

/* *ret_made: false without an error if the distribution has no means to make its pair. */
static int make_by_distribution(const struct settings *settings, const struct distro *distro,
				const struct places *places, bool *ret_made, struct error *error)
{
	/* The distribution's means are not made for being used twice at once. */
	int lock = tree_lock_part(settings, "signing key", true, error);
	int code = 0;

	if (lock < 0)
		return lock;
	*ret_made = false;
	if (!signer_key_is_uri(places->key) && !file_exists_nofollow(places->key) &&
	    !file_exists_nofollow(places->certificate))
		code = distro_make_signing_key(distro, ret_made, error);
	close_fd(&lock);
	return code;
}

int signing_make_keys(const struct settings *settings, const struct distro *distro,
		      const struct kernel *kernel, bool *ret_made, struct error *error)
{
	cleanup(places_free) struct places places = {0};
	bool made = false;

	find_places(settings, distro, kernel, &places);
	if (places.owner == OWNER_DISTRIBUTION &&
	    make_by_distribution(settings, distro, &places, &made, error) < 0)
		return error->code;
	if (!made)
		return key_make_missing(places.key, places.certificate, ret_made, error);
	*ret_made = true;
	return 0;
}

static bool is_missing_in_a_directory(const char *path)
{
	cleanup(free_string) char *parent = path_parent(path);

	return !file_exists_nofollow(path) && file_is_directory(parent);
}

/* Half a pair is no wish for a new one, and neither is a directory that is not there. */
static bool can_be_made(const struct places *places)
{
	return !signer_key_is_uri(places->key) && !text_equal(places->key, places->certificate) &&
	       is_missing_in_a_directory(places->key) &&
	       is_missing_in_a_directory(places->certificate);
}

/*
 * Makes what is missing of dkms's own pair, or by the distribution's own means of the
 * distribution's. Makes a pair that the user named only if both files are missing and the
 * directories of both are there. Never makes a pair that a kernel was built to trust.
 */
static int signing_keys_provide(const struct settings *settings, const struct distro *distro,
				const struct kernel *kernel, struct error *error)
{
	cleanup(places_free) struct places places = {0};
	bool made;

	find_places(settings, distro, kernel, &places);
	switch (places.owner) {
	case OWNER_DKMS:
		return key_make_missing(places.key, places.certificate, &made, error);
	case OWNER_DISTRIBUTION:
		return make_by_distribution(settings, distro, &places, &made, error);
	case OWNER_USER:
		if (can_be_made(&places))
			return key_make_missing(places.key, places.certificate, &made, error);
		break;
	}
	return 0;
}

char *signing_unwanted(const struct settings *settings, const struct kernel *kernel)
{
	const char *hash = kernel_config_value(kernel, "CONFIG_MODULE_SIG_HASH");
	cleanup(free_string) char *proc = settings_path(settings, "/proc");

	if (text_empty(hash))
		return text_format(
			"The kernel %s is built without module signatures (its configuration has "
			"no CONFIG_MODULE_SIG_HASH): modules are not signed.",
			kernel->id.release);
	if (settings->try_sign_modules == SIGN_NEVER)
		return xstrdup("Modules are not signed, because of try_sign_modules=\"false\".");
	if (settings->try_sign_modules == SIGN_NOT_IN_CHROOT && in_chroot(proc))
		return xstrdup(
			"Modules are not signed in a chroot; try_sign_modules=\"true\" would "
			"have them signed here too.");
	return NULL;
}

static void report_choice(const struct signing *signing, struct reporter *reporter)
{
	cleanup(free_string) char *shown = signer_shown_key(signing->key);

	report(reporter, REPORT_LINE, "Sign command: %s",
	       signing->program ? signing->program : "dkms (built in)");
	report(reporter, REPORT_LINE, "Signing key: %s", shown);
	report(reporter, REPORT_LINE, "Public certificate (MOK): %s", signing->certificate);
}

static int require_file(const char *path, const char *what, const char *setting,
			struct error *error)
{
	struct stat info;

	if (stat(path, &info) == 0)
		return 0;
	if (errno != ENOENT && errno != ENOTDIR)
		return error_errno(error, -errno, 0, "Cannot read the %s %s", what, path);
	(void)error_set(error, -ENOENT, 0, "The %s %s does not exist.", what, path);
	return error_hint(error,
			  "Correct %s in /etc/dkms/framework.conf, or make a pair with "
			  "\"dkms generate_mok\".",
			  setting);
}

static int check_program(const struct signing *signing, struct error *error)
{
	if (!file_is_executable(signing->program)) {
		(void)error_set(error, -ENOENT, 0, "The program %s that sign_file names %s.",
				signing->program,
				file_exists(signing->program) ? "cannot be executed"
							      : "does not exist");
		return error_hint(error, "Correct sign_file in /etc/dkms/framework.conf, or leave "
					 "it out: dkms can sign by itself.");
	}
	return 0;
}

static int open_key(struct signing *signing, struct reporter *reporter, struct error *error)
{
	if (signing->program && check_program(signing, error) < 0)
		return error->code;
	if (!signer_key_is_uri(signing->key) &&
	    require_file(signing->key, "signing key", "mok_signing_key", error) < 0)
		return error->code;
	if (require_file(signing->certificate, "certificate", "mok_certificate", error) < 0)
		return error->code;
	if (signing->program) /* whether the halves fit is its own business */
		return 0;
	if (signer_open(signing->key, signing->certificate, &signing->signer, error) < 0)
		return error->code;
	if (signer_warning(signing->signer))
		report_text(reporter, REPORT_WARNING, signer_warning(signing->signer));
	return 0;
}

struct signing *signing_choose(const struct settings *settings, const struct distro *distro,
			       const struct kernel *kernel, struct reporter *reporter)
{
	struct signing *signing = NEW(struct signing);
	cleanup(free_string) char *unwanted = signing_unwanted(settings, kernel);

	*signing = (struct signing){.settings = settings, .distro = distro, .kernel = kernel};
	if (unwanted) {
		report_text(reporter, REPORT_NOTICE, unwanted);
		return signing;
	}
	signing->hash = xstrdup(kernel_config_value(kernel, "CONFIG_MODULE_SIG_HASH"));
	if (!text_empty(settings->sign_file))
		signing->program = settings_expand(settings->sign_file, kernel->id.release);
	signing_key_places(settings, distro, kernel, &signing->key, &signing->certificate);
	report_choice(signing, reporter);
	return signing;
}

int signing_require(struct signing *signing, struct reporter *reporter, struct error *error)
{
	if (signing_keys_provide(signing->settings, signing->distro, signing->kernel, error) < 0)
		return error->code;
	return open_key(signing, reporter, error);
}

/* A disk that is full, dying or read-only is no lack of a key: no module is left unsigned for it.
 */
static bool is_trouble_with_files(int code)
{
	switch (-code) {
	case ENOSPC:
	case EDQUOT:
	case EIO:
	case EROFS:
	case EACCES:
	case EMFILE:
	case ENFILE:
		return true;
	default:
		return false;
	}
}

static int signing_fails(const struct signing *signing, struct error *failure, struct error *error)
{
	error_wrap(failure, "Modules for kernel %s cannot be signed", signing->kernel->id.release);
	error_hint(failure, "Mend that, or set try_sign_modules=\"false\" in "
			    "/etc/dkms/framework.conf to have them built unsigned.");
	return error_move(error, failure);
}

int signing_open(struct signing *signing, struct reporter *reporter, struct error *error)
{
	cleanup(error_clear) struct error failure = {0};

	if (!signing->hash)
		return 0;
	if (signing_require(signing, reporter, &failure) < 0) {
		if (is_trouble_with_files(failure.code))
			return signing_fails(signing, &failure, error);
		report(reporter, REPORT_WARNING, "Modules for kernel %s are left unsigned. %s",
		       signing->kernel->id.release, failure.message);
		free(TAKE(signing->hash));
	}
	return interrupt_pending() ? interrupt_error(error) : 0;
}

void signing_close(struct signing *signing)
{
	if (signing->signer)
		signer_free(TAKE(signing->signer));
}

void signing_free(struct signing *signing)
{
	signing_close(signing);
	free(signing->hash);
	free(signing->key);
	free(signing->certificate);
	free(signing->program);
	free(signing);
}

int signing_sign_file(const struct signing *signing, const char *path, struct error *error)
{
	if (signing->signer)
		return signer_sign(signing->signer, signing->hash, path, error);
	return sign_with_program(signing->program, signing->hash, signing->key,
				 signing->certificate, path, error);
}

int signing_sign(const struct signing *signing, const char *path, const char *shown_path,
		 struct reporter *reporter, struct error *error)
{
	cleanup(error_clear) struct error failure = {0};

	if (!signing->hash)
		return 0;
	report(reporter, REPORT_LINE, "Signing module %s", shown_path);
	if (signing_sign_file(signing, path, &failure) == 0)
		return 0;
	/* Only an external program knows why it failed. */
	if (signing->signer && is_trouble_with_files(failure.code))
		return error_move(error, &failure);
	report(reporter, REPORT_WARNING, "The module %s stays unsigned. %s", shown_path,
	       failure.message);
	return 0;
}
