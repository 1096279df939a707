/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registering a source with the tree, and forgetting it. */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

struct transaction;

/* Runs rpm -Uvh FILE with its output reported. EXIT_NO_CONF if there is no rpm or it fails. */
int rpm_install(const char *file, struct reporter *reporter, struct error *error);

/*
 * Links <tree>/M/V/source to the source directory <source tree>/M-V and runs POST_ADD (its failure
 * is a warning). EXIT_TREE if it is there already (a broken one gets its link back);
 * EXIT_NOT_FOUND without a source directory. kernel: what it is added for; NULL: for no kernel.
 */
int package_add(const struct settings *settings, const struct module_id *id,
		const struct package *package, const struct kernel_id *kernel,
		struct reporter *reporter, struct error *error);

/* The rest of an add where a tarball brought the link. */
void package_post_add(const struct settings *settings, const struct module_id *id,
		      const struct package *package, const struct kernel_id *kernel,
		      struct reporter *reporter);

/*
 * Copies a source directory to <source tree>/M-V, by way of a staged copy and a rename, unless it
 * is that directory. What lies there is replaced, and builds of it are stale. A directory that
 * holds the source tree is EXIT_NOT_FOUND: the copy would hold itself.
 */
int package_import_source(const struct settings *settings, const struct module_id *id,
			  const char *directory, struct reporter *reporter, struct error *error);

/*
 * Marks the builds of M/V as out of date, because this transaction replaces its source, for all
 * kernels but these (NULL: none).
 */
int package_mark_stale(const struct settings *settings, const struct module_id *id,
		       const struct kernel_ids *except, struct transaction *transaction,
		       struct reporter *reporter, struct error *error);
/* Removes such a copy again, after a failure to add it, unless M/V links to it all the same. */
int package_discard_import(const struct settings *settings, const struct module_id *id,
			   struct error *error);

/*
 * Drops M/V from the tree, never the source. M goes too when nothing else of it is left. Other
 * versions keep it, and originals that an uninstall could not put back. EXIT_TREE if M/V is not in
 * the tree, or is still built for some kernel.
 */
int package_forget(const struct settings *settings, const struct module_id *id,
		   struct reporter *reporter, struct error *error);
