/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cage of the bash that evaluates configuration files: nothing but a private /tmp can be
 * written, no network, no secrets, the rights of nobody. bash has dkms's working directory in it;
 * where that is closed to nobody, patterns find nothing there.
 */
#pragma once

#include "cage/cage.h"
#include "conf/evaluate.h"

/*
 * *ret_cage is NULL where bash is to run as it is: without input->cage, without root, or where the
 * system has no namespaces to offer (if it is required then: EXIT_BAD_CONF).
 */
int bash_cage_open(const struct evaluate_input *input, struct cage **ret_cage, struct error *error);

/*
 * As process_capture(), in the cage; dump_fd is inherited. *ret_closed is true if nothing was run
 * because a file cannot be read in there, or the command cannot be started.
 */
int bash_cage_capture(const struct cage *cage, const struct evaluate_input *input,
		      const struct process *process, int dump_fd, size_t limit, char **ret_output,
		      bool *ret_closed, struct error *error);

/* What to say where a cage is required and there is none. */
int bash_cage_refuse(const char *why, struct error *error);
