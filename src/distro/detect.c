/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/assignments.h"
#include "distro/distro.h"
#include "distro/family.h"

static const size_t os_release_limit = 64UL << 10;

/* The text of os-release, owned by the caller. */
static int read_os_release(const struct settings *settings, char **ret_text, struct error *error)
{
	static const char *const places[] = {"/etc/os-release", "/usr/lib/os-release"};
	struct error failure = {0};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		cleanup(free_string) char *path = settings_path(settings, places[i]);

		if (file_read(path, os_release_limit, ret_text, NULL, &failure) == 0) {
			error_clear(&failure);
			return 0;
		}
	}
	(void)error_set_status(&failure, EXIT_BROKEN);
	(void)error_wrap(&failure, "The distribution is not known");
	(void)error_hint(&failure,
			 "Restore %s or %s, which your distribution's base files package holds.",
			 places[0], places[1]);
	return error_move(error, &failure);
}

static char *family_name(const char *id, const char *id_like)
{
	cleanup(strv_free) struct strv words = {0};

	if (text_equal(id, "ubuntu"))
		return xstrdup(id);
	strv_split(&words, id_like ? id_like : "", " \t\n");
	return xstrdup(words.count ? words.items[0] : id);
}

/*
 * RHEL and its rebuilds keep a kernel ABI within a release, Fedora and what descends from it alone
 * do not, whatever ID_LIKE says. PLATFORM_ID tells them apart since version 8.
 */
static enum weak_modules_kind weak_modules(const struct distro_family *family, const char *id,
					   const char *platform)
{
	static const char *const kept_abi[] = {"rhel", "ol", "centos"};

	if (!family->rpm || family->weak_modules == WEAK_MODULES_SUSE)
		return family->weak_modules;
	if (!text_empty(platform))
		return text_starts_with(platform, "platform:el") ? WEAK_MODULES_RHEL
								 : WEAK_MODULES_NONE;
	for (size_t i = 0; i < sizeof(kept_abi) / sizeof(*kept_abi); i++)
		if (text_equal(id, kept_abi[i]))
			return WEAK_MODULES_RHEL;
	return family->weak_modules;
}

int distro_detect(const struct settings *settings, struct distro **ret_distro, struct error *error)
{
	cleanup(free_string) char *text = NULL;

	if (read_os_release(settings, &text, error) < 0)
		return error->code;
	cleanup(free_string) char *id = assignments_value(text, "ID");
	cleanup(free_string) char *id_like = assignments_value(text, "ID_LIKE");
	cleanup(free_string) char *platform = assignments_value(text, "PLATFORM_ID");
	struct distro *distro = NEW(struct distro);

	if (text_empty(id)) /* the default of os-release(5) */
		text_assign(&id, "linux");
	cleanup(free_string) char *name = family_name(id, id_like);

	distro->family = family_find(name);
	distro->weak_modules = weak_modules(distro->family, id, platform);
	distro->id = TAKE(id);
	*ret_distro = distro;
	return 0;
}

void distro_free(struct distro *distro)
{
	if (!distro)
		return;
	free(distro->id);
	free(distro);
}

enum initramfs_maker distro_initramfs_maker(const struct distro *distro)
{
	return distro->family->initramfs;
}
