/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/signing_keys.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "sign/key.h"
#include "sign/signing.h"
#include "tree/layout.h"
#include "tree/lock.h"

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

int signing_keys_provide(const struct settings *settings, const struct distro *distro,
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
