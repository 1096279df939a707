/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initramfs of a kernel whose modules have changed: whether it must be made again, and making
 * it.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "distro/distro.h"
#include "model/settings.h"

/*
 * Looks at the modules that are noted as changed (boot/initramfs_due.h), and makes the image again
 * if it holds one of them, the configuration of its tool names one, one is critical, the running
 * kernel's image holds one, or a package's settings say so. EXIT_INITRAMFS if that fails: the old
 * image is in its place, and the note stays for the next run.
 */
int initramfs_refresh(const struct settings *settings, const struct distro *distro,
		      const char *release, struct reporter *reporter, struct error *error);
