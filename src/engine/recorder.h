/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shows a run while it goes on, and records it. */
#pragma once

#include <stdint.h>

#include "base/report.h"
#include "base/strv.h"
#include "plan/plan.h"
#include "tree/runs.h"

struct progress {
	size_t ended, total;
	struct strv running;           /* "foo (6.1.0)" */
	const struct glimpse *slowest; /* of the build that began first, of those that run */
	int64_t begun;                 /* of the run (base/interrupt.h); 0: not known */
	int64_t changed;               /* when the builds that run were others last */
	char *names;                   /* of the last line */
	char *told;                    /* the last line; NULL: none */
};

/* The progress of one build. Call progress_clear() first. */
void progress_add(struct progress *progress, const struct job *job, bool running, bool ended);
void progress_clear(struct progress *progress);

/* Reports progress at this time. A lone build is reported after ten seconds. */
void progress_tell(struct progress *progress, int64_t now, struct reporter *reporter);
/* Ends the display of progress. */
void progress_end(struct progress *progress, struct reporter *reporter);

struct job_recorder {
	struct reporter reporter; /* {job_recorder_emit} */
	struct reporter *target;
	struct run_job *job; /* NULL: nothing is recorded */
	int64_t origin;      /* of the run's times */
	/* Called when a recorded job has begun, and when it has ended. May be NULL. */
	void (*observe)(void *observer, const struct run_job *job);
	void *observer;
	bool step_open;
};

/* Makes an element of run->jobs for each job; a NULL run records nothing. */
void recorder_open(struct run *run, const struct plan *plan);
void recorder_close(struct run *run, int64_t origin, int exit_status);

void job_recorder_emit(struct reporter *reporter, enum report_kind kind, const char *text);
void job_recorder_ready(struct job_recorder *recorder); /* the first time counts */
void job_recorder_begin(struct job_recorder *recorder);
void job_recorder_end(struct job_recorder *recorder, const struct job_result *result);
