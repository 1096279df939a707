/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that is known of modules and what is installed of them, read once: for dkms status --json,
 * report and metrics. Only reads.
 */
#pragma once

#include "inspect/loading.h"
#include "inspect/status.h"
#include "inspect/why.h"

/* Start with {0}, release with overview_free() in any case. */
struct overview {
	struct status_list states;
	struct loading loading; /* judged, and classified if that was asked for */
	struct why why;
	struct runs runs;
};

enum overview_parts {
	OVERVIEW_CLASSES = 1 << 0, /* whether the next boot needs what is installed */
	OVERVIEW_REASONS = 1 << 1, /* why modules are not installed */
};

int overview_collect(const struct settings *settings, const struct distro *distro,
		     const struct status_filter *filter, unsigned parts, struct overview *overview,
		     struct error *error);
void overview_free(struct overview *overview);

/*
 * The last attempt, if it failed: for the entry's kernel, or for any where it has none. NULL: there
 * is none, or it went well.
 */
const struct run_job *overview_failure(const struct overview *overview,
				       const struct status_entry *entry,
				       const struct run **ret_run);
