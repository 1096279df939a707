/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both passes over all files in one bash process: the judge that the evaluator in this process
 * defers to. It runs with the caller's environment (without what would change bash itself), in a
 * process group of its own that is killed over the time limit, and caged as the input says.
 */
#pragma once

#include "conf/evaluate.h"

/* *ret_messages is what the files said on stderr, owned by the caller. */
int bash_evaluate(const struct evaluate_input *input, struct conf_values *ret, char **ret_messages,
		  struct error *error);
