/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /usr/share/dkms/modules_to_force_install/: files of a distribution that name modules, a line
 * each, which are always installed as with --force ("NAME") or without a comparison of versions
 * ("NAME_version-override").
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "model/settings.h"

/* Sets what applies to the module and leaves the rest. */
int force_list_apply(const struct settings *settings, const char *module, bool *force,
		     bool *force_version_override, struct error *error);
