/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which build may start when: each takes a slot of the jobserver (engine/jobserver.h), which the
 * makes below it are told of. What a killed build had of it comes back when no build runs.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "build/make_program.h"
#include "engine/jobserver.h"
#include "model/settings.h"
#include "plan/plan.h"

struct slots {
	struct jobserver jobserver;
	struct make_jobserver makes; /* what builds are told */
	char *make;                  /* makes.program */
	size_t builds;               /* that have one */
	bool lost;                   /* a build was killed, and its makes may have had some */
};

/* jobs: so many slots, 0: no limit. After a failure slots_close() is due as well. */
int slots_open(struct slots *slots, const struct settings *settings, const struct plan *plan,
	       int jobs, struct error *error);
/* For a build, which then starts; false: not now. */
bool slots_take(struct slots *slots, const struct job *job);
/* It ended, is idle, or could not be started. killed: before it could give back what its makes had.
 */
void slots_give_back(struct slots *slots, bool killed);
/* When nothing runs: puts back what was lost. */
void slots_recover(struct slots *slots, int grace_ms);
void slots_close(struct slots *slots);
