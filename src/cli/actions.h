/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of actions: what exists, what it needs, what helps and completions say. */
#pragma once

#include "cli/invocation.h"

/* NULL if there is no such action. */
const struct action *action_find(const char *name);
/* EXIT_NOT_FOUND for a word that is no action; the message names the nearest one. */
int action_refuse(const char *word, struct error *error);
/* Every action, ended by one without a name. */
extern const struct action actions[];

/* What the changing actions plan (change.c). */
plan_filler fill_add, fill_build, fill_install, fill_sign, fill_uninstall, fill_unbuild,
	fill_remove;

/* pull.c */
plan_filler fill_pull;

/* What they plan for whole kernels (kernel_wide.c). */
plan_filler fill_match, fill_autoinstall, fill_kernel_preinst, fill_kernel_prerm;
plan_ender end_autoinstall, end_kernel_removal;

/* The others, one per file. */
action_runner action_status, action_check, action_generate_mok, action_sign_status, action_conf,
	action_why, action_timeline, action_metrics, action_report, action_graph, action_mktarball,
	action_ldtarball, action_distribute, action_log, action_preflight, action_cache,
	action_push, action_remote, action_image;
