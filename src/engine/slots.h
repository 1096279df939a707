/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which build may start when, and what its makes are told of the jobserver (engine/jobserver.h).
 */
#pragma once

#include "base/error.h"
#include "build/make_program.h"
#include "engine/jobserver.h"
#include "model/settings.h"
#include "plan/plan.h"

struct slots {
	struct jobserver jobserver;
	char *make; /* on PATH; NULL: not asked yet */
	bool takes_fifo;
	bool shared; /* there is more than one build */
};

/* jobs: so many slots, 0: no limit. */
void slots_open(struct slots *slots, const struct settings *settings, const struct plan *plan,
		int jobs);
/*
 * For a build, which then starts: what it has, and what its makes are told. -EAGAIN: not now; no
 * error is set then.
 */
int slots_begin(struct slots *slots, const struct job *job, struct loan **ret_loan,
		struct make_jobserver *ret_makes, struct error *error);
void slots_close(struct slots *slots);
