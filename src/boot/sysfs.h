/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /sys says about devices and the modules that drive them, below the root. */
#pragma once

#include "base/strv.h"
#include "model/settings.h"

/*
 * Adds the modules that drive a device and the devices it hangs on, for /sys/class/…/NAME or
 * /sys/dev/block/M:N; NULL or a dangling path adds nothing.
 */
void sysfs_add_drivers(const struct settings *settings, const char *path, struct strv *modules);

/*
 * The directory in /sys of a block device that a mount names ("/dev/sda2", "/dev/mapper/root",
 * "UUID=…"), owned by the caller; NULL: it is no block device, or is not here.
 */
char *sysfs_block_device(const struct settings *settings, const char *source);

/* Adds the modules of a block device, and of those that it is made of (device mapper, md). */
void sysfs_add_block_modules(const struct settings *settings, const char *directory,
			     struct strv *modules);

/* The same for a network interface, and those that it is made of (bridges, bonds, VLANs). */
void sysfs_add_network_modules(const struct settings *settings, const char *interface,
			       struct strv *modules);

/* True if a driver of the loaded module has a device. */
bool sysfs_module_is_bound(const struct settings *settings, const char *module);
