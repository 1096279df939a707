/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last ten runs that had work to do: each job with its times, its steps and its
 * outcome. For dkms why, timeline, report and metrics; nothing depends on it. A run is one JSON
 * file of layout_cache("runs"), named by the time of its begin (docs/formats.md).
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "model/identity.h"
#include "model/settings.h"

struct run_step {
	char *label; /* "Building module(s)" */
	int64_t begun, ended;
};

/* Times are milliseconds since the run began; -1: never. */
struct run_job {
	char *kind; /* "build" */
	struct module_id id;
	struct kernel_id kernel;
	char *outcome; /* "succeeded", "failed", "skipped", "not run" */
	int exit_status;
	int64_t ready, begun, ended; /* ready: nothing was left to wait for but a slot */
	char *message;               /* of a failure, with its cause and what to do; or NULL */
	struct run_step *steps;
	size_t step_count;
};

struct run {
	char *action; /* "install foo/1.0" */
	int64_t when; /* seconds since 1970 */
	int64_t milliseconds;
	int exit_status;
	struct run_job *jobs;
	size_t count;
};

/* Start with {0}. */
struct runs {
	struct run *items; /* the newest first */
	size_t count;
};

/* The record as JSON, owned by the caller. */
char *run_print(const struct run *run);

/* Keeps it, and forgets all but the newest. */
int runs_write(const struct settings *settings, const struct run *run, struct error *error);

/* Skips records that are damaged or cannot be read. */
void runs_read(const struct settings *settings, struct runs *runs);

/* The last time that something was done for M/V and a kernel, or NULL. */
const struct run_job *runs_last_attempt(const struct runs *runs, const struct module_id *id,
					const struct kernel_id *kernel, const struct run **ret_run);

void run_free(struct run *run);
void runs_free(struct runs *runs);

/*
 * The logs that builds left in the tree: M/V/build/make.log, M/V/K/A/log/make.log and
 * M/V/.failed/K-A.log. Finds the newest log of M/V that is about one of the kernels, or with none
 * given about any; owned by the caller. The first line of a log names the kernel that its build was
 * for. EXIT_NOT_FOUND if there is none.
 */
int build_log_find(const struct settings *settings, const struct module_id *id,
		   const struct kernel_ids *kernels, char **ret_path, struct error *error);
