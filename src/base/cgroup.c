/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cgroup.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

enum { SMALL_FILE = 65536 };

/* NULL if it cannot be read. */
static char *read_small(const char *directory, const char *name)
{
	cleanup(free_string) char *path = path_join(directory, name, NULL);
	struct error ignored = {0};
	char *text = NULL;

	if (file_read(path, SMALL_FILE, &text, NULL, &ignored) < 0)
		error_clear(&ignored);
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
	cleanup(free_string) char *text = read_small(group, "cpu.max");
	char *end;

	if (!text)
		return 0;
	long long quota = strtoll(text, &end, 10);

	return processors(quota, strtoll(end, NULL, 10));
}

/* Version 1: a file for each number. */
static int read_quota(const char *group)
{
	cleanup(free_string) char *quota = read_small(group, "cpu.cfs_quota_us");
	cleanup(free_string) char *period = read_small(group, "cpu.cfs_period_us");

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

static bool has_word(const char *list, const char *word)
{
	cleanup(strv_free) struct strv words = {0};

	strv_split(&words, list, ",");
	return strv_contains(&words, word);
}

/* A line of /proc/self/cgroup, "ID:CONTROLLERS:GROUP". */
static int read_line(const char *root, char *line)
{
	static const char *const second[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	char *controllers = strchr(line, ':');
	char *group = controllers ? strchr(controllers + 1, ':') : NULL;
	int result = 0;

	if (!group)
		return 0;
	*group++ = '\0';
	controllers++;
	if (has_word(controllers, "cpu")) {
		cleanup(free_string) char *mount = path_join(root, "/sys/fs/cgroup/cpu", NULL);

		return least(mount, group, read_quota);
	}
	for (size_t i = 0; !*controllers && !result && i < 2; i++) {
		cleanup(free_string) char *mount = path_join(root, second[i], NULL);

		result = least(mount, group, read_max);
	}
	return result;
}

int cgroup_processors(const char *root)
{
	cleanup(free_string) char *self = path_join(root, "/proc/self", NULL);
	cleanup(free_string) char *text = read_small(self, "cgroup");
	cleanup(strv_free) struct strv lines = {0};
	char *line;
	int result = 0;

	strv_split(&lines, text ? text : "", "\n");
	STRV_FOREACH (line, &lines) {
		int here = read_line(root, line);

		if (here && (!result || here < result))
			result = here;
	}
	return result;
}
