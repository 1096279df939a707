/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an installed build compares with the kernel's directory: the suffixes of status lines. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "distro/distro.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

struct install_difference {
	bool missing; /* a built module is not in the kernel's directory */
	bool differs; /* one is there with another content */
};

/*
 * Compares every file in M/V/K/A/module with its installed place: where install_module() recorded
 * to have put it, if it is there as it was; else the package's destination (the distribution's
 * where package is NULL), else the recorded place, else, for what another tool installed, anywhere
 * below the kernel's directory.
 *
 * Two files are the same if they are one inode, or have the same size and the same time of
 * modification to the nanosecond (installing keeps it; a time of whole seconds, as tar and some
 * file systems leave it, proves nothing), or else the same bytes. So a status of many modules
 * reads no module as long as nothing was changed.
 */
int install_find_difference(const struct settings *settings, const struct distro *distro,
			    const struct module_id *id, const struct package *package,
			    const struct kernel_id *kernel,
			    struct install_difference *ret_difference, struct error *error);
