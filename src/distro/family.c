/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distro/family.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/assignments.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

#define APT_HEADERS    "apt-get install linux-headers-{release}"
#define DNF_HEADERS    "dnf install kernel-devel-{release}"
#define ZYPPER_HEADERS "zypper install kernel-{flavour}-devel"

/* Whether descendants of Fedora keep a kernel ABI is decided in distro_detect(). */
static const struct distro_family families[] = {
	{.name = "debian",
	 .destination = "/updates/dkms",
	 .headers_command = APT_HEADERS,
	 .packages = PACKAGES_APT,
	 .initramfs = INITRAMFS_TOOLS},
	{.name = "ubuntu",
	 .destination = "/updates/dkms",
	 .headers_command = APT_HEADERS,
	 .packages = PACKAGES_APT,
	 .initramfs = INITRAMFS_TOOLS,
	 .find_signing_key = ubuntu_find_signing_key,
	 .make_signing_key = ubuntu_make_signing_key},
	{.name = "fedora",
	 .destination = "/extra",
	 .rpm = true,
	 .headers_command = DNF_HEADERS,
	 .packages = PACKAGES_DNF,
	 .initramfs = INITRAMFS_DRACUT},
	{.name = "rhel",
	 .destination = "/extra",
	 .rpm = true,
	 .weak_modules = WEAK_MODULES_RHEL,
	 .headers_command = DNF_HEADERS,
	 .packages = PACKAGES_DNF,
	 .initramfs = INITRAMFS_DRACUT},
	{.name = "centos",
	 .destination = "/extra",
	 .rpm = true,
	 .weak_modules = WEAK_MODULES_RHEL,
	 .headers_command = DNF_HEADERS,
	 .packages = PACKAGES_DNF,
	 .initramfs = INITRAMFS_DRACUT},
	{.name = "suse",
	 .destination = "/updates",
	 .rpm = true,
	 .weak_modules = WEAK_MODULES_SUSE,
	 .headers_command = ZYPPER_HEADERS,
	 .packages = PACKAGES_ZYPPER,
	 .initramfs = INITRAMFS_DRACUT},
	{.name = "opensuse",
	 .destination = "/updates",
	 .rpm = true,
	 .weak_modules = WEAK_MODULES_SUSE,
	 .headers_command = ZYPPER_HEADERS,
	 .packages = PACKAGES_ZYPPER,
	 .initramfs = INITRAMFS_DRACUT},
	{.name = "sles",
	 .destination = "/updates",
	 .rpm = true,
	 .weak_modules = WEAK_MODULES_SUSE,
	 .headers_command = ZYPPER_HEADERS,
	 .packages = PACKAGES_ZYPPER,
	 .initramfs = INITRAMFS_DRACUT},
	{.name = "arch",
	 .destination = "/updates/dkms",
	 .headers_command = "pacman -S {pkgbase}-headers",
	 .packages = PACKAGES_PACMAN,
	 .initramfs = INITRAMFS_MKINITCPIO},
	{.name = "gentoo",
	 .packages = PACKAGES_EMERGE,
	 .find_signing_key = gentoo_find_signing_key},
	{.name = "alpine",
	 .headers_command = "apk add linux-{flavour}-dev",
	 .packages = PACKAGES_APK},
	{.name = "void",
	 .headers_command = "xbps-install linux{series}-headers",
	 .packages = PACKAGES_XBPS,
	 .initramfs = INITRAMFS_DRACUT},
	{.name = ""}, /* all others; the last */
};

/* Never NULL: a family that is not in the table gets the row of all others. */
static const struct distro_family *family_find(const char *name)
{
	const struct distro_family *family = families;

	while (*family->name && !text_equal(family->name, name))
		family++;
	return family;
}

/* The directory that the administrator sets for all add-on modules ("updates"); NULL: none. */
static char *addon_directory(const struct settings *settings)
{
	static const char variable[] = "ADDON_MODULES_DIR";
	const char *value = getenv(variable);

	if (!text_empty(value))
		return xstrdup(value);
	cleanup(free_string) char *path = settings_path(settings,
							"/etc/sysconfig/module-init-tools");

	return assignments_read(path, variable);
}

char *distro_destination(const struct settings *settings, const struct distro *distro,
			 const char *conf_location)
{
	cleanup(free_string) char *addon = addon_directory(settings);

	if (!text_empty(addon)) {
		cleanup(free_string) char *below = path_join("/", addon, NULL);
		cleanup(free_string) char *normal = path_normalize(below);

		if (normal && !text_equal(normal, "/"))
			return TAKE(normal);
	}
	return xstrdup(distro->family->destination ? distro->family->destination : conf_location);
}

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
