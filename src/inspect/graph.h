/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which modules need which others, and their states, as a graph for Graphviz. */
#pragma once

#include "inspect/status.h"

/*
 * Of all modules or those that the filter selects, with what they need; states are those for its
 * kernels, or for all. *ret_text is in the DOT language, owned by the caller.
 */
int graph_dot(const struct settings *settings, const struct distro *distro,
	      const struct status_filter *filter, char **ret_text, struct error *error);
