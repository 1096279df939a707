/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms check: what is wrong with the tree and the kernels' directories. Only reads, needs no lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "inspect/loading.h"
#include "inspect/status.h"
#include "plan/facts.h"

/* Fills in the criticality of all reports. */
void check_classify(struct loading *loading);

enum check_repair {
	REPAIR_BY_HAND,   /* the message says how */
	REPAIR_NEXT_RUN,  /* by what every run does first that changes something */
	REPAIR_DISCARD,   /* path holds nothing that could be missed, and goes */
	REPAIR_ADD,       /* the link to the source, which is there, is made again */
	REPAIR_REINSTALL, /* from the build */
	REPAIR_RESTORE,   /* originals go back to where nothing is */
	REPAIR_DEPMOD,    /* it is run for the kernel */
};

struct check_finding {
	const char *kind; /* one word for programs: "dangling-link" */
	enum check_repair repair;
	bool costs;              /* a build or an original: it is repaired with --force alone */
	char *path;              /* what it is about */
	char *message;           /* a sentence without the path */
	struct module_id id;     /* empty where it is about no module */
	struct kernel_id kernel; /* empty where it is about no kernel */
};

/* Start with {0}. */
struct check_findings {
	struct check_finding *items;
	size_t count;
};

/*
 * Adds what is wrong: with everything, or with what the filter selects (inspect/status.h); pending
 * work belongs to no module and is always looked for.
 */
int check_collect(const struct settings *settings, const struct distro *distro,
		  const struct status_filter *filter, struct check_findings *findings,
		  struct error *error);
void check_findings_free(struct check_findings *findings);

/*
 * True if dkms' own directory in the tree, which is root's alone, cannot be looked at. Then
 * what is unfinished, kept or left over is not looked for.
 */
bool check_is_partial(const struct settings *settings);

/* True if planner_repair() would do something about it. */
bool check_can_repair(const struct check_finding *finding, bool force);

/*
 * Plans the repair of all findings that can be repaired without loss, and with force of all that
 * can be repaired. Reports each in a line.
 */
void planner_repair(struct planner *planner, const struct check_findings *findings);

/* Examines what is installed and selected; what will not load is a finding, too. */
int check_collect_loading(struct loading *loading, const struct status_filter *filter,
			  struct check_findings *findings, struct error *error);
