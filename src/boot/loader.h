/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The default entry of the boot loader: GRUB's in grubenv, which counts where GRUB_DEFAULT is
 * "saved", and systemd-boot's. Nothing else of the loader is touched.
 */
#pragma once

#include "base/error.h"
#include "model/settings.h"

struct boot_loader; /* a row */

/* By its name, as it is noted, or with NULL the one of the system; NULL: there is none of these. */
const struct boot_loader *boot_loader_find(const struct settings *settings, const char *name);
const char *boot_loader_name(const struct boot_loader *loader);

/* -ENOTSUP with what to do about it where the loader does not use a default that can be set. */
int boot_loader_require_settable(const struct boot_loader *loader, const struct settings *settings,
				 struct error *error);

/* The entry of a kernel, owned by the caller; NULL: it has none. */
char *boot_loader_entry(const struct boot_loader *loader, const struct settings *settings,
			const char *release);

/* The default, owned by the caller; "" where none is set. */
char *boot_loader_default(const struct boot_loader *loader, const struct settings *settings);
/* "" sets none. */
int boot_loader_set_default(const struct boot_loader *loader, const struct settings *settings,
			    const char *entry, struct error *error);
