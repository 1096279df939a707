/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules without a source here. A publisher's build is asked for by its name. The source that is
 * laid then only names the modules and their places: a dkms.conf beside a file dkms-pulled. It
 * compiles nothing: every build of it is pulled.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fleet/fleet.h"

/* Whether M/V has such a source. */
bool sourceless_is(const struct settings *settings, const struct module_id *id);

/*
 * Lays /usr/src/M-V for the build of a manifest, in one step. -EINVAL (EXIT_NOT_TRUSTED) for names
 * that a dkms.conf cannot hold.
 */
int sourceless_lay(const struct settings *settings, const struct manifest *manifest,
		   struct error *error);
