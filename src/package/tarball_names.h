/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names in dkms' own tarballs; see tarball.h. Private to this room. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

#define TARBALL_BUILDS_DIRECTORY   "dkms_main_tree"
#define TARBALL_NAME_DIRECTORY     ".registered"
#define TARBALL_SOURCE_DIRECTORY   "dkms_source_tree"
#define TARBALL_BINARIES_DIRECTORY "dkms_binaries_only"

/*
 * What M/V/K/A holds for this machine alone, such as where it was installed: everything dot-named
 * but the versions of dependencies.
 */
static inline bool tarball_is_local(const char *name)
{
	return *name == '.' && !text_starts_with(name, ".dep_");
}
