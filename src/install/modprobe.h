/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A package's lines for modprobe, and modprobe_on_install.
 *
 * MODULES_CONF holds lines for modprobe. They are one file for all kernels,
 * /etc/modprobe.d/dkms-M.conf, and go when no kernel has M installed any more. Only options, alias,
 * softdep and blacklist get there; any other line is refused with a warning. Modules that are
 * installed below another directory than the system's /lib/modules change nothing in /etc.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "install/install.h"
#include "install/place.h"

/*
 * Call it for each module that was installed on placement's kernel or taken from it, before its
 * applied changes become final. The file serves all kernels, so it must not change
 * with something that may still be taken back. If the file has to change, this leaves an applied
 * transaction (group: the kernel release). The file is written if this version is active and has
 * lines. It is removed if no version is active on any kernel and no open transaction could bring
 * one back. A file that dkms has not written stays.
 */
int modules_conf_settle(const struct placement *placement, struct reporter *reporter,
			struct error *error);

/* True if dkms has written this file for M: what somebody else wrote may have the same name. */
bool modules_conf_is_ours(const char *name, const char *path);

/*
 * modprobe_on_install makes a fresh module available without a restart of the machine. This
 * adds the names of the package's modules that present hardware asks for. They have an alias in
 * the kernel's modules.alias, which depmod has written, that fits a modalias file below
 * /sys/devices. Each name once, in the package's order.
 */
int install_find_wanted_modules(const struct install_request *request, struct strv *names,
				struct error *error);

/*
 * For the running kernel, after depmod: loads those modules, as far as modprobe's blacklists allow
 * it. Where systemd runs, restarts systemd-modules-load for modules that are loaded by name. For
 * any other kernel nothing is done. What fails there is a warning.
 */
int install_load_modules(const struct install_request *request, struct error *error);
