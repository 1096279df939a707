/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the initramfs images of a kernel are: files of their own, and unified kernel images. Paths
 * and commands of the tools that make images hold {fields} (base/text.h).
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"
#include "model/settings.h"

struct initramfs_fields {
	const struct settings *settings;
	const char *release;
	const char *image, *new_image; /* as seen from the root; NULL: not known yet */
};

/*
 * The value of a field, owned; NULL: unknown. Fields are {release}, {pkgbase} (Arch's name of
 * the kernel's package), {machine} (machine-id) and {vmlinuz} (the kernel's own image). {image}
 * is the image, and {new} a new one, which then replaces the old one.
 */
char *initramfs_field(const void *fields, const char *name);

/* Adds the first existing path of a list that ends with NULL; paths have fields. */
void initramfs_images_first(const struct settings *settings, const char *release,
			    const char *const *paths, struct strv *images);

/* Adds the existing images of all presets of mkinitcpio for this kernel. */
void initramfs_images_of_presets(const struct settings *settings, const char *release,
				 struct strv *images);

/* Adds the unified kernel images, EFI/Linux/….efi, whose names say that they are of this kernel. */
void initramfs_images_unified(const struct settings *settings, const char *release,
			      struct strv *images);

bool initramfs_image_is_unified(const char *image);

/*
 * Adds a hint to the error if the file system of the image is read-only, or has no room for another
 * image of its size. The hint says how much room is missing.
 */
void initramfs_explain_room(const char *image, struct error *error);

/* True if the disk of the image has room for a second image, a quarter larger. */
bool initramfs_has_room(const char *image);
