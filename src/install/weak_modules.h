/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Enterprise kernels keep an ABI, so that a module built for one works in its siblings: tools of
 * these distributions link it into the weak-updates directories of the other kernels.
 *
 *	RHEL	/usr/sbin/weak-modules --no-initramfs --add-modules|--remove-modules
 *	SUSE	/usr/lib/module-init-tools/weak-modules2
 *			--add-kernel-modules K|--remove-kernel-modules K
 *
 * Both read the paths of the modules from stdin, a line each.
 */
#pragma once

#include <stdbool.h>

#include "base/report.h"
#include "base/strv.h"
#include "install/place.h"

/*
 * Tells the distribution's tool, if there is one, that the modules came or went. Nothing is done
 * for no paths or with NO_WEAK_MODULES. A failure is a warning.
 */
void weak_modules_update(const struct placement *placement, bool added, const struct strv *paths,
			 struct reporter *reporter);
