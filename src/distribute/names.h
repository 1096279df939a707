/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a module, a version and an architecture are called in packages. All results are owned. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * P: lower case, "-" for "_", without what no package's name may hold; also for a kernel release.
 * EXIT_USAGE if nothing is left.
 */
int name_debian(const char *name, char **ret_name, struct error *error);

/*
 * V, or V-R where a revision is given or V holds a hyphen (then R is 1): what may not be in a
 * version becomes "." or "+", and what begins with no digit gets "0+" before it. EXIT_USAGE for a
 * revision that cannot be.
 */
int version_debian(const char *version, const char *revision, char **ret_version,
		   struct error *error);

/* Debian's name for a kernel's architecture, static. EXIT_NO_ARCH if it has none. */
int architecture_debian(const char *arch, const char **ret_name, struct error *error);

/* One line without control characters that can stand in a package's metadata (EXIT_USAGE). */
int name_require_line(const char *option, const char *value, struct error *error);
