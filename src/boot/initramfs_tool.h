/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tools that make initramfs images: which of them this system uses, where the image of a kernel
 * is, and how it is made again. A table row each.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "distro/distro.h"
#include "model/settings.h"

struct initramfs_tool; /* a row */

/* The distribution's own tool if it is installed, else any that is; NULL: none is. */
const struct initramfs_tool *initramfs_tool_find(const struct settings *settings,
						 const struct distro *distro);
enum initramfs_maker initramfs_tool_maker(const struct initramfs_tool *tool);

/*
 * Adds the paths of a kernel's images that are there: the tool's own, of mkinitcpio those of all
 * presets, then unified kernel images.
 */
void initramfs_images(const struct settings *settings, const struct distro *distro,
		      const char *release, struct strv *images);

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

/*
 * The command that makes an image again, owned by the caller: the same for images that are made
 * together. NULL: nothing on this system is known to make it. The tool may be NULL.
 */
char *initramfs_tool_command(const struct initramfs_tool *tool, const struct settings *settings,
			     const char *release, const char *image);

/*
 * Makes the image of a kernel again. EXIT_INITRAMFS with what the tool said and what to do if that
 * fails or takes longer than the settings allow; the old image is in its place then.
 */
int initramfs_tool_run(const struct initramfs_tool *tool, const struct settings *settings,
		       const char *release, const char *image, struct reporter *reporter,
		       struct error *error);

/*
 * Sets whether the tool's own lister finds a module of that name in the image. -ENOENT if there is
 * no lister, or it cannot read the image either.
 */
int initramfs_tool_lists(const struct initramfs_tool *tool, const struct settings *settings,
			 const char *image, const char *module, bool *ret_found,
			 struct error *error);
