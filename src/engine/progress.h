/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far the builds of a run are, as one line for whoever watches (REPORT_PROGRESS). */
#pragma once

#include "base/report.h"
#include "base/strv.h"
#include "plan/plan.h"

struct progress {
	size_t ended, total;
	struct strv running; /* "foo (6.1.0)" */
	char *told;          /* the last line; NULL: none */
};

/* What is known of one build; first progress_clear(). */
void progress_add(struct progress *progress, const struct job *job, bool running, bool ended);
void progress_clear(struct progress *progress);

/* Tells what is new, if there is more than one build. */
void progress_tell(struct progress *progress, struct reporter *reporter);
/* There is nothing to tell any more. */
void progress_end(struct progress *progress, struct reporter *reporter);
