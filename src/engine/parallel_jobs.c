/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much may run at once: the processors this process may use, within its cgroups' quotas. */
#include "base/cgroup.h"
#include "base/processors.h"
#include "engine/engine.h"

int engine_parallel_jobs(const struct settings *settings)
{
	if (settings->parallel_jobs)
		return settings->parallel_jobs < 0 ? 0 : settings->parallel_jobs;
	int count = processor_count();
	int quota = cgroup_processors("");

	return quota && quota < count ? quota : count;
}
