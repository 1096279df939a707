/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the modules that the system needs to boot again. Such a module holds a file system that is
 * mounted at boot, or drives a block device below it or the interface of the default route. Modules
 * that it needs count, too. Everything is read from /proc, /sys, /etc/fstab and the
 * kernel's own lists, below the root.
 *
 *	cleanup(boot_needs_free) struct boot_needs needs = {0};
 *	boot_needs_find(settings, distro, release, &needs);
 *	boot_needs_judge(&needs, package, &criticality);
 */
#pragma once

#include <stdbool.h>

#include "base/strv.h"
#include "distro/distro.h"
#include "model/package.h"
#include "model/settings.h"

enum module_class { MODULE_ORDINARY, MODULE_IMPORTANT, MODULE_CRITICAL };

struct criticality {
	enum module_class class;
	char *reason; /* "zfs holds /"; NULL for ordinary modules */
};

/* Start with {0}. */
struct boot_needs {
	const struct settings *settings;
	const struct distro *distro;
	struct strmap critical; /* module (as the kernel has its name) → what it does: "holds /" */
	struct strmap important; /* the same */
	bool is_blind;           /* there is neither /proc nor /sys: a chroot, an image */
};

/* release: the kernel to boot. Its modules.dep says which modules need others. */
void boot_needs_find(const struct settings *settings, const struct distro *distro,
		     const char *release, struct boot_needs *needs);
void boot_needs_free(struct boot_needs *needs);

/*
 * The gravest class of a package's modules on a kernel, by the setting "critical" or by the needs.
 * The caller releases the reason with criticality_free().
 */
void boot_needs_judge(const struct boot_needs *needs, const struct package *package,
		      struct criticality *ret_criticality);
void criticality_free(struct criticality *criticality);

/* "ordinary", "important", "critical". */
const char *module_class_word(enum module_class class);
