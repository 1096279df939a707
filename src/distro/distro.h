/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs by distribution: one table, a row per family, looked up from os-release. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/settings.h"

enum weak_modules_kind { WEAK_MODULES_NONE, WEAK_MODULES_RHEL, WEAK_MODULES_SUSE };

/* A row. family is "ubuntu", else the first word of ID_LIKE, else ID. */
struct distro_family {
	const char *name;
	const char *destination; /* where all modules go, "/updates/dkms"; NULL: as the conf says */
	enum weak_modules_kind weak_modules;
	bool rpm;                 /* architectures and directories are owned by rpm packages */
	const char *headers_hint; /* "apt-get install linux-headers-%s": %s is K; NULL: unknown */
	bool (*find_signing_key)(const struct settings *settings, const char *kernel_release,
				 char **ret_key, char **ret_certificate); /* NULL: dkms's own */
};

struct distro {
	char *id;
	const struct distro_family *family;
};

/* Reads etc/os-release, else usr/lib/os-release below the root; EXIT_BROKEN if there is none. */
int distro_detect(const struct settings *settings, struct distro **ret_distro, struct error *error);
void distro_free(struct distro *distro);
DEFINE_CLEANUP(struct distro *, distro_free)

/*
 * Where a module goes below the kernel's directory ("/updates/dkms"), owned by the caller:
 * ADDON_MODULES_DIR (environment, /etc/sysconfig/module-init-tools), the family's, the conf's.
 */
char *distro_destination(const struct settings *settings, const struct distro *distro,
			 const char *conf_location);

/* The architecture for a kernel: uname -m, on rpm systems that of the package owning its directory.
 */
char *distro_kernel_arch(const struct settings *settings, const struct distro *distro,
			 const char *kernel_release);

/* True if a package of the system owns the directory (rpm systems only; false elsewhere). */
bool distro_owns_directory(const struct distro *distro, const char *path);
