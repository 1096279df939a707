/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/surroundings.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

/*
 * A stream that the caller has closed would become some file, and get printed text. Without
 * /dev/null, printing fails.
 */
static void open_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			(void)open("/", O_PATH | O_DIRECTORY);
}

/* A stranger's command must not find what the caller happened to have open. */
static void keep_descriptors(void)
{
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	long limit = sysconf(_SC_OPEN_MAX); /* before Linux 5.11 */

	for (int fd = STDERR_FILENO + 1; fd < limit && fd < 65536; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void reset_signal(int number)
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) < 0 || action.sa_handler != SIG_IGN)
		return;
	switch (number) {
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGTERM:
		return;
	default:
		(void)signal(number, SIG_DFL);
	}
}

void surroundings_settle(void)
{
	sigset_t none;

	open_streams();
	keep_descriptors();
	for (int number = 1; number < NSIG; number++)
		reset_signal(number);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)umask(022);
	(void)unsetenv("POSIXLY_CORRECT");
}

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
		path_ascend(&path);
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

int processor_count(void)
{
	cpu_set_t allowed;
	long online;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) > 0)
		return CPU_COUNT(&allowed);
	/* More processors than a cpu_set_t holds. */
	online = sysconf(_SC_NPROCESSORS_ONLN);
	return online > 0 ? (int)online : 1;
}
