/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far the builds of a run are, as one line for whoever watches (REPORT_PROGRESS):
 * "[1 of 3 built, 12 s] foo (6.1.0)". When nothing has changed for ten seconds, the line ends in
 * what the log of the slowest build says last. What is fetched from a remote is shown at once.
 */
#pragma once

#include <stdint.h>

#include "base/glimpse.h"
#include "base/report.h"
#include "base/strv.h"
#include "plan/plan.h"

struct progress {
	size_t ended, total;
	struct strv running;           /* "foo (6.1.0)" */
	const struct glimpse *slowest; /* of the build that began first, of those that run */
	int64_t begun;                 /* of the run (base/deadline.h); 0: not known */
	int64_t changed;               /* when the builds that run were others last */
	char *names;                   /* of the last line */
	char *told;                    /* the last line; NULL: none */
};

/* The progress of one build. Call progress_clear() first. */
void progress_add(struct progress *progress, const struct job *job, bool running, bool ended);
void progress_clear(struct progress *progress);

/* Tells what is new at this time. A build that is alone is spoken of after ten seconds. */
void progress_tell(struct progress *progress, int64_t now, struct reporter *reporter);
/* There is nothing to tell any more. */
void progress_end(struct progress *progress, struct reporter *reporter);
