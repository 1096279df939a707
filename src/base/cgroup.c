/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cgroup.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

enum { SMALL_FILE = 65536 };

char *cgroup_read(const char *directory, const char *name)
{
	cleanup(free_string) char *path = path_join(directory, name, NULL);
	char *text = NULL;

	text = file_read_if_possible(path, SMALL_FILE);
	return text;
}

/* "max" and -1, which stand for no quota, give 0, as does what makes no sense. */
static int processors(long long quota, long long period)
{
	if (quota <= 0 || period <= 0 || quota > INT_MAX)
		return 0;
	return (int)((quota + period - 1) / period);
}

/* Version 2: "QUOTA PERIOD". */
static int read_max(const char *group)
{
	cleanup(free_string) char *text = cgroup_read(group, "cpu.max");
	char *end;

	if (!text)
		return 0;
	long long quota = strtoll(text, &end, 10);

	return processors(quota, strtoll(end, NULL, 10));
}

/* Version 1: a file for each number. */
static int read_quota(const char *group)
{
	cleanup(free_string) char *quota = cgroup_read(group, "cpu.cfs_quota_us");
	cleanup(free_string) char *period = cgroup_read(group, "cpu.cfs_period_us");

	if (!quota || !period)
		return 0;
	return processors(strtoll(quota, NULL, 10), strtoll(period, NULL, 10));
}

/*
 * The least that the group or one above it leaves. In a container the group may be named as the
 * host sees it, and not be there: then those above it are what can be known.
 */
static int least(const char *mount, const char *group, int (*read)(const char *group))
{
	cleanup(free_string) char *path = path_join(mount, group, NULL);
	int result = 0;

	for (;;) {
		int here = read(path);

		if (here && (!result || here < result))
			result = here;
		if (strlen(path) <= strlen(mount))
			return result;
		char *parent = path_parent(path);

		free(path);
		path = parent;
	}
}

bool cgroup_lists(const char *list, const char *word, const char *separators)
{
	cleanup(strv_free) struct strv words = {0};

	strv_split(&words, list ? list : "", separators);
	return strv_contains(&words, word);
}

/* Lines of /proc/self/cgroup are "ID:CONTROLLERS:GROUP". */
char *cgroup_own(const char *root, const char *controller)
{
	cleanup(free_string) char *self = path_join(root, "/proc/self", NULL);
	cleanup(free_string) char *text = cgroup_read(self, "cgroup");
	cleanup(strv_free) struct strv lines = {0};
	char *line;

	strv_split(&lines, text ? text : "", "\n");
	STRV_FOREACH (line, &lines) {
		char *list = strchr(line, ':');
		char *group = list ? strchr(list + 1, ':') : NULL;

		if (!group)
			continue;
		*group++ = '\0';
		list++;
		if (*controller ? cgroup_lists(list, controller, ",") : !*list)
			return xstrdup(group);
	}
	return NULL;
}

static int processors_of_second(const char *root, const char *group)
{
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	int result = 0;

	for (size_t i = 0; !result && i < sizeof(mounts) / sizeof(*mounts); i++) {
		cleanup(free_string) char *mount = path_join(root, mounts[i], NULL);

		result = least(mount, group, read_max);
	}
	return result;
}

int cgroup_processors(const char *root)
{
	cleanup(free_string) char *mount = path_join(root, "/sys/fs/cgroup/cpu", NULL);
	cleanup(free_string) char *first_group = cgroup_own(root, "cpu");
	cleanup(free_string) char *second_group = cgroup_own(root, "");
	int first = first_group ? least(mount, first_group, read_quota) : 0;
	int second = second_group ? processors_of_second(root, second_group) : 0;

	return !first || (second && second < first) ? second : first;
}
