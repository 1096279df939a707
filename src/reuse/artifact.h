/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The modules of a build as they were before they were signed and compressed. A directory like
 * M/V/K/A/module holds them in some form; nothing is kept twice. They are always checked against
 * the manifest.
 */
#pragma once

#include "base/error.h"
#include "reuse/manifest.h"

/*
 * Writes NAME.ko for every module of the manifest, and Module.symvers, to the directory target,
 * unsynced. -ENOENT if one is missing, -EBADMSG if one is not what was built.
 */
int artifact_extract(const char *directory, const struct manifest *manifest, const char *target,
		     struct error *error);
