/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file systems that a boot mounts (/proc/mounts, /etc/fstab), and the modules that drive
 * devices
 * (/sys). Everything is read below the root.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"
#include "model/settings.h"

struct boot_mount {
	char *source;    /* "/dev/sda2", "UUID=…", "tank/root" */
	char *directory; /* "/" */
	char *type;      /* "ext4" */
};

/* Start with {0}. */
struct boot_mounts {
	struct boot_mount *items;
	size_t count;
};

/* Adds the mounts on /, /usr, /boot …, and those of fstab without "nofail" and "noauto". */
void boot_mounts_read(const struct settings *settings, struct boot_mounts *mounts);
void boot_mounts_free(struct boot_mounts *mounts);

/*
 * Adds the modules that drive a device and its parent devices. The path is /sys/class/…/NAME or
 * /sys/dev/block/M:N. NULL or a dangling path adds nothing.
 */
void sysfs_add_drivers(const struct settings *settings, const char *path, struct strv *modules);

/*
 * The directory in /sys of a block device that a mount names ("/dev/sda2", "/dev/mapper/root",
 * "UUID=…"), owned by the caller. NULL: there is no such block device on this machine.
 */
char *sysfs_block_device(const struct settings *settings, const char *source);

/* Adds the modules of a block device and of its component devices (device mapper, md). */
void sysfs_add_block_modules(const struct settings *settings, const char *directory,
			     struct strv *modules);

/* Adds the modules of a network interface and of its lower interfaces (bridges, bonds, VLANs). */
void sysfs_add_network_modules(const struct settings *settings, const char *interface,
			       struct strv *modules);

/* True if a driver of the loaded module has a device. */
bool sysfs_module_is_bound(const struct settings *settings, const char *module);
