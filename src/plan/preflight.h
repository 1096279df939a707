/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dkms preflight: what would become of every module on a kernel. The plan tries builds (JOB_TRY)
 * and leaves nothing behind.
 */
#pragma once

#include <stdbool.h>

#include "boot/critical.h"
#include "plan/planner.h"

enum preflight_outcome {
	PREFLIGHT_BUILT,    /* already */
	PREFLIGHT_REUSABLE, /* from a build for another kernel, or from the cache */
	PREFLIGHT_TRIED,    /* job tells whether it builds */
	PREFLIGHT_EXCLUDED, /* the package rules this kernel out */
	/*
	 * Needs something first that is not built for the kernel. Makefiles look for what that
	 * exports in its build in the tree (KBUILD_EXTRA_SYMBOLS), where a trial puts nothing.
	 */
	PREFLIGHT_UNKNOWN,
	PREFLIGHT_FAILS, /* cannot even be tried */
};

struct preflight_item {
	struct module_id id;
	bool autoinstall;
	enum preflight_outcome outcome;
	size_t job;      /* PREFLIGHT_TRIED */
	int exit_status; /* PREFLIGHT_FAILS */
	char *from;      /* PREFLIGHT_REUSABLE: the kernel, or "the cache" */
	char *needs;     /* PREFLIGHT_UNKNOWN: the name of the other module */
	struct criticality criticality;
	char *reason; /* NULL where the outcome says it all */
};

/* Start with {0}. */
struct preflight {
	struct preflight_item *items; /* in the order of dkms status */
	size_t count;
	struct boot_needs needs; /* of the kernel */
};

/* All modules, or with a name in which those of that name (and version, unless NULL). */
int planner_preflight(struct planner *planner, const struct kernel_id *kernel,
		      const struct module_id *which, struct preflight *preflight,
		      struct error *error);
/* Once it is known which trials failed: what needs one of those fails with it. */
void preflight_conclude(struct preflight *preflight);
void preflight_free(struct preflight *preflight);
