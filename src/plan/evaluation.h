/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evaluates each dkms.conf once per run and kernel. The kernels of a run follow each other, so that
 * one bash serves them all.
 */
#pragma once

#include "conf/package_conf.h"
#include "kernel/kernel.h"
#include "plan/planner.h"

/*
 * The package of a conf for a kernel, exclusions applied, owned by the caller. What the files said
 * while they were evaluated is told when a checked package is asked for, once.
 */
int planner_evaluate(struct planner *planner, const struct module_id *id, const char *conf_file,
		     const struct kernel *kernel, bool checked, struct package **ret_package,
		     struct error *error);

/* Only evaluates, as it will be asked for: while the module's bash is at hand. */
void planner_evaluate_ahead(struct planner *planner, const struct module_id *id,
			    const char *conf_file, const struct kernel *kernel);

void planner_forget_evaluations(struct planner *planner);
