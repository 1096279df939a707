/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The differences between distributions: one table, a row per family, looked up from os-release.
 * Detect once per run, then ask the functions below; they take the table's word for the rest.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/settings.h"

enum weak_modules_kind { WEAK_MODULES_NONE, WEAK_MODULES_RHEL, WEAK_MODULES_SUSE };

/* The programs that make initramfs images. */
enum initramfs_maker {
	INITRAMFS_UNKNOWN,
	INITRAMFS_TOOLS,
	INITRAMFS_DRACUT,
	INITRAMFS_MKINITCPIO,
	INITRAMFS_MAKERS,
};

struct distro_family; /* a row of the table: distro/family.h */

struct distro {
	char *id; /* ID of os-release */
	/* By the rule of dkms(8): "ubuntu", else the first word of ID_LIKE, else ID. Never NULL. */
	const struct distro_family *family;
	/* Which tool links modules to other kernels of one ABI; it may not be installed. */
	enum weak_modules_kind weak_modules;
};

/* Reads etc/os-release, else usr/lib/os-release below the root; EXIT_BROKEN if there is none. */
int distro_detect(const struct settings *settings, struct distro **ret_distro, struct error *error);
void distro_free(struct distro *distro);
DEFINE_CLEANUP(struct distro *, distro_free)

/*
 * Where a module goes below the kernel's directory ("/updates/dkms"), owned by the caller:
 * ADDON_MODULES_DIR (environment, else /etc/sysconfig/module-init-tools) if it stays inside, the
 * family's place, the conf's.
 */
char *distro_destination(const struct settings *settings, const struct distro *distro,
			 const char *conf_location);

/*
 * The architecture for a kernel, owned by the caller: that of the machine, on rpm systems that of
 * the package which owns <install tree>/K.
 */
char *distro_kernel_arch(const struct settings *settings, const struct distro *distro,
			 const char *kernel_release);

/* True if a package of the system owns the directory (rpm systems only; false elsewhere). */
bool distro_owns_directory(const struct distro *distro, const char *path);

/* True if rpm, or one of dpkg's lists, says that a package brought this file. */
bool distro_owns_file(const struct settings *settings, const struct distro *distro,
		      const char *path);

/*
 * The command that installs a kernel's headers here ("apt-get install linux-headers-K"), for a
 * message; owned by the caller, NULL where it is not known.
 */
char *distro_headers_command(const struct settings *settings, const struct distro *distro,
			     const char *kernel_release);

/*
 * The command that installs what is missing here, a program ("flex") or a header file of a library
 * ("libelf.h"): "apt-get install libelf-dev". Owned by the caller; NULL where it is not known.
 */
char *distro_install_command(const struct distro *distro, const char *missing);

/* Returns the tool that makes the images, also where several are installed. */
enum initramfs_maker distro_initramfs_maker(const struct distro *distro);

/* A kernel's configuration of signing, filled in by the caller who opened the kernel. */
struct distro_kernel_signing {
	const char *source_directory; /* headers */
	const char *key;              /* CONFIG_MODULE_SIG_KEY, or NULL */
};

/*
 * The distribution's own key pair for modules: names that need not exist yet, owned by the caller.
 * The key may be a pkcs11: URI, and both may be one file. False: the distribution has none, and
 * dkms uses its own. The outputs are set together, or not at all.
 */
bool distro_find_signing_key(const struct settings *settings, const struct distro *distro,
			     const struct distro_kernel_signing *kernel, char **ret_key,
			     char **ret_certificate);

/*
 * Makes the pair that distro_find_signing_key() named, by the distribution's own means. *ret_made:
 * it has such means and they worked; false without an error: the distribution has none, use
 * key_make_missing(). To be called only when neither file exists.
 */
int distro_make_signing_key(const struct distro *distro, bool *ret_made, struct error *error);
