/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tools that make initramfs images, a table row each. The table says which tool this system
 * uses, where the image of a kernel is, and which command makes the image again.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "distro/distro.h"
#include "model/settings.h"

struct initramfs_tool; /* a row */

/* The distribution's own tool if it is installed, else any installed tool; NULL: there is none. */
const struct initramfs_tool *initramfs_tool_find(const struct settings *settings,
						 const struct distro *distro);
enum initramfs_maker initramfs_tool_maker(const struct initramfs_tool *tool);

/*
 * Adds the paths of a kernel's existing images: the images of mkinitcpio's presets, the tool's own
 * image, then unified kernel images.
 */
void initramfs_images(const struct settings *settings, const struct distro *distro,
		      const char *release, struct strv *images);

/*
 * The command that makes an image again, owned by the caller. Images that are made together have
 * the same command. NULL: dkms knows no such command on this system. The tool may be NULL.
 */
char *initramfs_tool_command(const struct initramfs_tool *tool, const struct settings *settings,
			     const char *release, const char *image);

/*
 * Makes the image of a kernel again. EXIT_INITRAMFS if the tool fails or takes longer than the
 * settings allow. The error has the tool's last lines and a remedy, and the old image stays.
 */
int initramfs_tool_run(const struct initramfs_tool *tool, const struct settings *settings,
		       const char *release, const char *image, struct reporter *reporter,
		       struct error *error);

/*
 * Sets whether the tool's own lister finds a module of that name in the image. -ENOENT if there is
 * no lister, or if the lister cannot read the image.
 */
int initramfs_tool_lists(const struct initramfs_tool *tool, const struct settings *settings,
			 const char *image, const char *module, bool *ret_found,
			 struct error *error);
