/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registering a source with the tree, and forgetting it. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

/*
 * Links <tree>/M/V/source to the source directory and runs POST_ADD. EXIT_TREE if it is there
 * already (a broken one gets its link back); EXIT_NOT_FOUND without a source directory.
 */
int package_add(const struct settings *settings, const struct module_id *id,
		const struct package *package, struct reporter *reporter, struct error *error);

/*
 * Copies a source directory to <source tree>/M-V, by way of a staged copy and a rename, unless it
 * is that directory. An existing different one is kept and is EXIT_NOT_FOUND without force.
 */
int package_import_source(const struct settings *settings, const struct module_id *id,
			  const char *directory, bool force, struct error *error);

/* Drops M/V from the tree (never the source), and M when no version is left. */
int package_forget(const struct settings *settings, const struct module_id *id,
		   struct reporter *reporter, struct error *error);
