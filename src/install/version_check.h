/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a built module may be installed where the kernel has one of that name already, or where
 * it is obsolete.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "model/settings.h"

/* Sets what applies to the module and leaves the rest. */
int force_list_apply(const struct settings *settings, const char *module, bool *force,
		     bool *force_version_override, struct error *error);

struct version_check {
	const char *name;  /* the module's, without .ko */
	const char *built; /* its file in the tree */
	const char *kernel_release;
	const char *obsolete_by;     /* NULL: never obsolete */
	const struct strv *existing; /* same-named files in the kernel's directory, not dkms's own
				      */
	const char *own; /* dkms's own, of the version to be replaced: only a newer one counts;
			  * NULL: none */
	bool force;      /* nothing is refused */
	bool force_version_override; /* versions are not compared */
};

/*
 * False if the module is refused. It is obsolete on this kernel, or the one file that is there
 * holds a newer version or the same module. The reason and the way out are then reported as a
 * warning. Several files there are a warning and no reason to refuse: nobody knows
 * which of them counts.
 */
bool version_check_allows(const struct version_check *check, struct reporter *reporter);
