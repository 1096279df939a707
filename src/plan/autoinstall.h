/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * autoinstall: for each registered module the newest version not yet installed for a kernel whose
 * AUTOINSTALL is set, after what it depends on.
 */
#pragma once

#include "plan/planner.h"

enum autoinstall_outcome {
	AUTOINSTALL_PLANNED,  /* job is its install */
	AUTOINSTALL_DONE,     /* installed already */
	AUTOINSTALL_SKIPPED,  /* the package rules this kernel out */
	AUTOINSTALL_DEFERRED, /* depends on something that dkms does not know */
	AUTOINSTALL_FAILED,   /* cannot be planned, or depends on what failed: status says why */
};

struct autoinstall_item {
	struct module_id id;
	enum autoinstall_outcome outcome;
	size_t job; /* index of the install; PLAN_NONE unless planned */
	int exit_status;
	const char *cause; /* why it is not installed, one word for programs; NULL: unknown */
	char *reason;      /* the same in a sentence, or NULL */
	char *log;         /* of a build that is not tried again, or NULL */
	const struct package *package; /* owned by the plan; NULL where it could not be read */
};

struct autoinstall {
	struct kernel_id kernel;
	struct autoinstall_item *items; /* in the order in which they are planned */
	size_t count;
};

/*
 * Plans for one kernel and says what became of every module, or of the named module.
 * Missing headers are one failure, however many modules need them.
 */
int planner_autoinstall(struct planner *planner, const struct kernel_id *kernel,
			const struct module_id *which, struct autoinstall *autoinstall,
			struct error *error);
void autoinstall_free(struct autoinstall *autoinstall);
