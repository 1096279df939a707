/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of actions: their names, their needs, and the help that is made of it. */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "cli/invocation.h"

/*
 * The whole help, or the help of the action among the words. NULL and EXIT_NOT_FOUND for "help"
 * with a word that is no action.
 */
char *help_text(const struct strv *words, struct error *error);
/* A few lines to print below an error: the usage of the action among the words, or of all. */
char *usage_text(const struct strv *words);

/* NULL if there is no such action. */
const struct action *action_find(const char *name);
/* EXIT_NOT_FOUND for a word that is no action; the message names the nearest one. */
int action_refuse(const char *word, struct error *error);

/* Plans of the changing actions (change.c). */
plan_filler fill_add, fill_build, fill_install, fill_sign, fill_uninstall, fill_unbuild,
	fill_remove;

/* pull.c */
plan_filler fill_pull;

/* Plans for whole kernels (kernel_wide.c). */
plan_filler fill_match, fill_autoinstall, fill_kernel_preinst, fill_kernel_prerm;
plan_ender end_autoinstall, end_kernel_removal;

/* The others, one per file. */
action_runner action_status, action_check, action_generate_mok, action_sign_status, action_conf,
	action_why, action_timeline, action_metrics, action_report, action_graph, action_mktarball,
	action_ldtarball, action_distribute, action_log, action_preflight, action_cache,
	action_push, action_remote, action_image;
