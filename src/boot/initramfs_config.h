/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the configuration of a tool that makes initramfs images names a module: initramfs-tools'
 * lists of modules, add_drivers, force_drivers and install_items of dracut, MODULES of mkinitcpio.
 * The files are the administrator's, and shell for two of the tools: they are read, not run.
 */
#pragma once

#include "distro/distro.h"
#include "model/settings.h"

/*
 * The file that names the module (as the kernel has its name), owned by the caller; NULL: none
 * does.
 */
char *initramfs_config_file(const struct settings *settings, enum initramfs_maker maker,
			    const char *module);
