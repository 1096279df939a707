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
 * True for files of M/V/K/A that concern this machine alone, such as the install record: everything
 * dot-named except the versions of dependencies.
 */
static inline bool tarball_is_local(const char *name)
{
	return *name == '.' && !text_starts_with(name, ".dep_");
}
