/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an installed build compares with the kernel's directory: the suffixes of status lines. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "distro/distro.h"
#include "kernel/kernel.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

struct install_difference {
	bool missing; /* a built module is not in the kernel's directory */
	bool differs; /* one is there with another content */
};

/*
 * Compares every file in M/V/K/A/module with its installed place (found by the package's
 * destination if package is given, otherwise anywhere below the kernel's directory).
 */
int install_find_difference(const struct settings *settings, const struct distro *distro,
			    const struct module_id *id, const struct package *package,
			    const struct kernel_id *kernel,
			    struct install_difference *ret_difference, struct error *error);
