/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The work of each kind of job: the one place where the plan calls the work rooms. */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "cage/cage.h"
#include "engine/engine.h"
#include "kernel/module_files.h"
#include "plan/plan.h"

struct work_context {
	const struct engine_options *options;
	const struct plan *plan;
	int jobs; /* for make -j; 0: no limit */
	const struct make_jobserver *jobserver;
	const struct cage_support *cage_support;
	struct glimpse *glimpse; /* of the job, if it is a build that somebody watches; or NULL */
	struct module_files *files; /* of kernels that several modules are installed on */
};

/* Detects what several of the plan's workers need, before they are forked. */
void work_prepare(const struct job *job, const struct work_context *context);
/* Does the job in this process. */
int work_run(const struct job *job, const struct work_context *context, struct reporter *reporter,
	     struct error *error);
