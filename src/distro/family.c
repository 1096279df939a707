/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distro/family.h"

#include "base/text.h"

#define APT_HEADERS    "apt-get install linux-headers-{release}"
#define DNF_HEADERS    "dnf install kernel-devel-{release}"
#define ZYPPER_HEADERS "zypper install kernel-{flavour}-devel"

/* Whether descendants of Fedora keep a kernel ABI is decided in distro/detect.c. */
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

const struct distro_family *family_find(const char *name)
{
	const struct distro_family *family = families;

	while (*family->name && !text_equal(family->name, name))
		family++;
	return family;
}
