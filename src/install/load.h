/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modprobe_on_install: making a fresh module available without a restart of the machine. */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "install/install.h"

/*
 * Adds the names of the package's modules that present hardware asks for: those with an alias in
 * the kernel's modules.alias (depmod has written it) that fits a modalias file below
 * /sys/devices. Each name once, in the package's order.
 */
int install_find_wanted_modules(const struct install_request *request, struct strv *names,
				struct error *error);

/*
 * For the running kernel, after depmod: loads those modules, as far as modprobe's blacklists allow
 * it, and restarts systemd-modules-load where systemd runs, for modules that are loaded by name.
 * For any other kernel nothing is done. What fails there is a warning.
 */
int install_load_modules(const struct install_request *request, struct error *error);
