/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initramfs of a kernel whose modules change. A run notes the modules before the change is
 * final, and makes the image again at its end.
 *
 * The note is <tree>/.dkms/initramfs/K. Each line is "NAME", or "NAME SETTING" if that setting asks
 * for a new image in any case. The note goes when the image is right. So a run that dies, or whose
 * tool fails, leaves the work to the next run for that kernel.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "distro/distro.h"
#include "model/settings.h"

/* True if the kernel has an image that no hook of its package makes right after this dkms. */
bool initramfs_is_ours(const struct settings *settings, const struct distro *distro,
		       const char *release);

bool initramfs_due_exists(const struct settings *settings, const char *release);
/* Adds lines to the note. */
int initramfs_due_add(const struct settings *settings, const char *release,
		      const struct strv *lines, struct error *error);
int initramfs_due_clear(const struct settings *settings, const char *release, struct error *error);

/*
 * Makes the image again if a noted module belongs into it. A module does if the image or the
 * running kernel's image holds it, or the tool's configuration names it. A critical module does,
 * too, and a module whose package's settings say so. EXIT_INITRAMFS on failure: the old image and
 * the note stay.
 */
int initramfs_refresh(const struct settings *settings, const struct distro *distro,
		      const char *release, struct reporter *reporter, struct error *error);
