/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The administrator's files and the kernel's hooks that concern initramfs images. The files are
 * shell for some of the tools: dkms reads them, and does not run them.
 */
#pragma once

#include <stdbool.h>

#include "distro/distro.h"
#include "model/settings.h"

/*
 * The file of a tool's configuration that names the module (as the kernel has its name), owned by
 * the caller; NULL: no file names it. Files are initramfs-tools' lists of modules; add_drivers,
 * force_drivers and install_items of dracut; MODULES of mkinitcpio.
 */
char *initramfs_config_file(const struct settings *settings, enum initramfs_maker maker,
			    const char *module);

/*
 * This variable is set for the tools. Their hooks may run kernel-install, which runs dkms again.
 * The second dkms then leaves the image to the first.
 */
#define INITRAMFS_TOOL_VARIABLE "DKMS_MAKES_INITRAMFS"

/*
 * True if a dkms above this process makes the image, or if a later hook of the kernel's package
 * will make it. The variable DKMS_KERNEL_HOOK names the hook that runs this dkms ("postinst.d",
 * "kernel-install").
 */
bool initramfs_is_made_afterwards(const struct settings *settings);
