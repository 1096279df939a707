/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules of which there is no source here. What a publisher built is asked for by its name, and a
 * source is laid that says what was built and where it goes: a dkms.conf beside a file dkms-pulled.
 * It compiles nothing; whatever is built of it is pulled.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fleet/fleet.h"

/* Whether the source of M/V is such a one. */
bool sourceless_is(const struct settings *settings, const struct module_id *id);

/*
 * Lays /usr/src/M-V for what a manifest tells of, in one step. -EINVAL (EXIT_NOT_TRUSTED) for names
 * that a dkms.conf cannot hold.
 */
int sourceless_lay(const struct settings *settings, const struct manifest *manifest,
		   struct error *error);
