/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of families: what is common to a distribution and its descendants. */
#pragma once

#include <stdbool.h>

#include "distro/distro.h"

/* The package manager; distro/packages.c knows how each is called. */
enum package_manager {
	PACKAGES_UNKNOWN,
	PACKAGES_APT,
	PACKAGES_DNF,
	PACKAGES_ZYPPER,
	PACKAGES_PACMAN,
	PACKAGES_APK,
	PACKAGES_XBPS,
	PACKAGES_EMERGE,
	PACKAGE_MANAGERS,
};

struct distro_family {
	const char *name;        /* as os-release has it; "" for all others */
	const char *destination; /* where all modules go; NULL: as the conf says */
	bool rpm;                /* architectures and directories are known to rpm */
	enum weak_modules_kind weak_modules;
	const char *headers_command; /* with the fields of distro/packages.c; NULL: not known */
	enum package_manager packages;
	enum initramfs_maker initramfs; /* that it comes with */
	/* Does distro_find_signing_key(); NULL: the family has no key of its own. */
	bool (*find_signing_key)(const struct settings *settings,
				 const struct distro_kernel_signing *kernel, char **ret_key,
				 char **ret_certificate);
	/* Does distro_make_signing_key(); NULL: the family has no tool for it. */
	int (*make_signing_key)(struct error *error);
};

/* The signing keys of the families that have their own (distro/signing_key.c). */
bool ubuntu_find_signing_key(const struct settings *settings,
			     const struct distro_kernel_signing *kernel, char **ret_key,
			     char **ret_certificate);
int ubuntu_make_signing_key(struct error *error);
bool gentoo_find_signing_key(const struct settings *settings,
			     const struct distro_kernel_signing *kernel, char **ret_key,
			     char **ret_certificate);
