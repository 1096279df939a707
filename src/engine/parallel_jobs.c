/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much may run at once: the processors this process may use, within its cgroup's quota. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/processors.h"
#include "base/text.h"
#include "engine/engine.h"

#define SMALL_FILE 4096

/* cpu.max of this process's cgroup (version 2) is "QUOTA PERIOD" or "max PERIOD". 0: no quota. */
static int quota_processors(void)
{
	struct error ignored = {0};
	cleanup(free_string) char *cgroup = NULL;
	cleanup(free_string) char *limit = NULL;
	long long quota, period;

	if (file_read("/proc/self/cgroup", SMALL_FILE, &cgroup, NULL, &ignored) < 0 ||
	    !text_starts_with(cgroup, "0::")) {
		error_clear(&ignored);
		return 0;
	}
	cgroup[strcspn(cgroup, "\n")] = '\0';
	cleanup(free_string) char *path = path_join("/sys/fs/cgroup", cgroup + 3, "cpu.max", NULL);

	if (file_read(path, SMALL_FILE, &limit, NULL, &ignored) < 0) {
		error_clear(&ignored);
		return 0;
	}
	char *end;

	quota = strtoll(limit, &end, 10);
	period = strtoll(end, NULL, 10);
	if (quota <= 0 || period <= 0)
		return 0;
	return (int)((quota + period - 1) / period);
}

int engine_parallel_jobs(const struct settings *settings)
{
	if (settings->parallel_jobs)
		return settings->parallel_jobs < 0 ? 0 : settings->parallel_jobs;
	int processors = processor_count();
	int quota = quota_processors();

	return quota && quota < processors ? quota : processors;
}
