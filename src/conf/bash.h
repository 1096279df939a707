/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The confined bash that evaluates configuration files (cage/companion.h). One bash evaluates the
 * files of one module only, for all kernels of the run, each in a subshell. Only the pool is for
 * other rooms.
 */
#pragma once

#include "base/cleanup.h"
#include "conf/evaluate.h"

struct bash;

int bash_start(const char *purpose, struct bash **ret, struct error *error);
void bash_end(struct bash *bash);
DEFINE_CLEANUP(struct bash *, bash_end)

/*
 * Both passes of input->files on top of its variables. *ret_messages is what they said. texts has
 * the content of each file, or NULL for one that bash is to open by itself. A bash that failed is
 * of no further use.
 */
int bash_evaluate(struct bash *bash, const struct evaluate_input *input, char *const *texts,
		  struct conf_values *ret, char **ret_messages, struct error *error);
