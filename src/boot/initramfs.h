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
 * Makes the image again if a module that is noted as changed (boot/initramfs_due.h) concerns it. It
 * does if the image or that of the running kernel holds it, the tool's configuration names it, it
 * is critical, or its package's settings say so. EXIT_INITRAMFS on failure: the old image stays in
 * place, and the note stays for the next run.
 */
int initramfs_refresh(const struct settings *settings, const struct distro *distro,
		      const char *release, struct reporter *reporter, struct error *error);
