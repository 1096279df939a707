/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields in the paths and commands of tools that make images (base/text.h). */
#pragma once

#include "model/settings.h"

struct initramfs_fields {
	const struct settings *settings;
	const char *release;
	const char *image, *new_image; /* as seen from the root; NULL: not known yet */
};

/*
 * {release}, {pkgbase} (Arch's name of the kernel's package), {machine} (machine-id), {vmlinuz}
 * (the kernel's own image), {image}, {new} (where a new image is made that then takes its place).
 */
char *initramfs_field(const void *fields, const char *name);
