/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running depmod for one kernel, in whatever install tree. */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "model/settings.h"

/*
 * depmod -a K -F /boot/System.map-K, with the steps' lines reported. Skipped with a notice where
 * K has no modules.dep. If modules.dep comes out empty (a removed kernel's last module went), the
 * modules.* files and the then empty directory are removed. EXIT_INSTALL on failure.
 */
int kernel_depmod(const struct settings *settings, const char *release, struct reporter *reporter,
		  struct error *error);
