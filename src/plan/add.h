/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registration as a step of other plans. */
#pragma once

#include "plan/facts.h"

/* EXIT_NOT_FOUND unless the source tree holds M-V, or this plan puts it there. */
int plan_require_source(const struct planner *planner, const struct module_id *id,
			struct error *error);

/*
 * The module that the conf file names, owned by the caller. EXIT_BAD_CONF if name or version cannot
 * be used, after everything wrong with the file was reported.
 */
int plan_identify(struct planner *planner, const char *conf_file, struct module_id *ret_id,
		  struct error *error);

/* EXIT_TREE if M/V is added already, EXIT_BROKEN if its link leads nowhere. */
int plan_require_not_added(const struct planner *planner, const struct module_id *id,
			   struct error *error);

/* EXIT_TREE: the source given as M/V differs from the source added as M/V. */
int plan_refuse_other_source(const struct planner *planner, const struct module_id *id,
			     const char *given, struct error *error);

/* The job that adds M/V, planned now or before. It must not be in the tree yet. */
int plan_registration(struct planner *planner, const struct module_id *id, size_t *ret_job,
		      struct error *error);
