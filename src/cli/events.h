/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports for other programs: lines of JSON on stdout (--events), and entries of systemd's journal.
 */
#pragma once

#include "base/report.h"
#include "model/settings.h"
#include "plan/plan.h"
#include "tree/runs.h"

/* A report as a line, owned by the caller; NULL for reports that only a terminal shows. */
char *json_event_report(enum report_kind kind, const char *text);

/* The jobs that there are, in their order. */
char *json_event_plan(const struct plan *plan);

/* A job of a run has begun or ended; number is its place in the plan. */
char *json_event_job(const struct run_job *job, size_t number);

/* The last line. */
char *json_event_summary(int exit_status);

/* Best effort: does nothing if no journal listens. */
void journald_send(const struct settings *settings, const struct run *run);
