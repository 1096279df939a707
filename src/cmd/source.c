/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/source.h"

int source_resolve(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (!invocation->source_directory)
		return 0;
	module_id_free(&invocation->id);
	return planner_add_directory(planner, invocation->source_directory, &invocation->id, error);
}
