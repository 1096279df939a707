/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which images of a kernel hold its initramfs: files of their own, and unified kernel images. */
#pragma once

#include "base/strv.h"
#include "model/settings.h"

/* Adds the first existing path of a list that ends with NULL; paths have fields
 * (boot/initramfs_fields.h). */
void initramfs_images_first(const struct settings *settings, const char *release,
			    const char *const *paths, struct strv *images);

/* Those of all presets of mkinitcpio for this kernel that are there. */
void initramfs_images_of_presets(const struct settings *settings, const char *release,
				 struct strv *images);

/* Unified kernel images, EFI/Linux/….efi, that by their name are of this kernel. */
void initramfs_images_unified(const struct settings *settings, const char *release,
			      struct strv *images);

bool initramfs_image_is_unified(const char *image);
