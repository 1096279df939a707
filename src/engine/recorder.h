/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notes for the record of a run (tree/runs.h) when jobs become ready, begin and end, and what steps
 * they report. What a job reports goes through its recorder to where it would go without.
 */
#pragma once

#include "base/report.h"
#include "engine/engine.h"
#include "tree/runs.h"

struct job_recorder {
	struct reporter reporter;
	struct reporter *target;
	struct run_job *job; /* NULL: nothing is recorded */
	int64_t origin;      /* of the run's times */
	const struct engine_options *options;
	bool step_open;
};

/* Makes an element of run->jobs for each job; a NULL run records nothing. */
void recorder_open(struct run *run, const struct plan *plan);
void recorder_close(struct run *run, int64_t origin, int exit_status);

void job_recorder_init(struct job_recorder *recorder, const struct engine_options *options,
		       size_t index, int64_t origin, struct reporter *target);
void job_recorder_ready(struct job_recorder *recorder); /* the first time counts */
void job_recorder_begin(struct job_recorder *recorder);
void job_recorder_end(struct job_recorder *recorder, const struct job_result *result);
