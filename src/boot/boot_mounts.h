/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file systems without which a boot does not come to its end: /proc/mounts and /etc/fstab. */
#pragma once

#include <stddef.h>

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

/* Adds what is mounted on /, /usr, /boot …, and what fstab mounts at boot without "nofail". */
void boot_mounts_read(const struct settings *settings, struct boot_mounts *mounts);
void boot_mounts_free(struct boot_mounts *mounts);
