/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which modules need which others, and their states, as a graph for Graphviz. */
#pragma once

#include "inspect/status.h"

/*
 * Draws the modules that the filter selects, or all, with the modules they need. States are those
 * for the filter's kernels, or for all. *ret_text is in the DOT language, owned by the caller.
 */
int graph_dot(const struct settings *settings, const struct distro *distro,
	      const struct status_filter *filter, char **ret_text, struct error *error);
