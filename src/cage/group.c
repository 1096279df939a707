/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/group.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/surroundings.h"
#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

enum { ATTEMPTS = 100 };

static const char prefix[] = "dkms-build-";

static const struct {
	const char *name, *limits[2], *events[2], *hits[2]; /* by version */
} controllers[] = {
	[GROUP_MEMORY] = {"memory",
			  {"memory.limit_in_bytes", "memory.max"},
			  {"memory.oom_control", "memory.events"},
			  {"oom_kill", "oom_kill"}},
	[GROUP_PIDS] = {"pids",
			{"pids.max", "pids.max"},
			{"pids.events", "pids.events"},
			{"max", "max"}},
};

static int write_small(const char *directory, const char *name, const char *text)
{
	cleanup(free_string) char *path = path_join(directory, name, NULL);
	cleanup(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : file_write_all(fd, text, strlen(text));
}

/* In a container the group may be named as the host sees it: then the top is what there is. */
static char *existing(const char *mount, const char *group)
{
	char *path = path_join(mount, group, NULL);

	if (file_is_directory(path))
		return path;
	free(path);
	return xstrdup(mount);
}

/* The nearest group above that gives the controller to its children; NULL: there is none. */
static char *find_second(const char *root, const char *controller)
{
	cleanup(free_string) char *mount = path_join(root, "/sys/fs/cgroup", NULL);
	cleanup(free_string) char *group = cgroup_own(root, "");
	char *path = group ? existing(mount, group) : NULL;

	while (path) {
		cleanup(free_string) char *handed = cgroup_read(path, "cgroup.subtree_control");

		if (cgroup_lists(handed, controller, " \n"))
			return path;
		char *parent = strlen(path) > strlen(mount) ? path_parent(path) : NULL;

		free(path);
		path = parent;
	}
	return NULL;
}

static char *find_first(const char *root, const char *controller)
{
	cleanup(free_string) char *mount = path_join(root, "/sys/fs/cgroup", controller, NULL);
	cleanup(free_string) char *group = cgroup_own(root, controller);

	return group && file_is_directory(mount) ? existing(mount, group) : NULL;
}

/* A group whose maker lives is locked: its process number says nothing in another pid namespace. */
static bool is_held(const char *path)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
}

/* Makes the group and locks it. One that is swept in between is made again. */
static int make_held(const char *path, int *ret_fd)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_SH) == 0 && access(path, F_OK) == 0) {
			*ret_fd = fd;
			return 0;
		}
		(void)close(fd);
	}
	return -ESTALE;
}

/* Removes the groups of dead processes. The kernel does not remove a group that is in use. */
static void sweep(const char *parent)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(parent, &names);
	STRV_FOREACH (name, &names) {
		int pid = text_starts_with(name, prefix) ? atoi(name + strlen(prefix)) : 0;
		cleanup(free_string) char *path = path_join(parent, name, NULL);

		if (pid > 0 && kill(pid, 0) < 0 && errno == ESRCH && !is_held(path))
			(void)rmdir(path);
	}
}

static int make_one(const char *root, enum group_controller controller, uint64_t limit,
		    struct build_group *group)
{
	cleanup(free_string) char *second = find_second(root, controllers[controller].name);
	cleanup(free_string) char *first = second ? NULL
						  : find_first(root, controllers[controller].name);
	const char *parent = second ? second : first;

	if (!parent)
		return -ENOENT;
	cleanup(free_string) char *name = text_format("%s%d", prefix, (int)getpid());
	cleanup(free_string) char *path = path_join(parent, name, NULL);
	cleanup(free_string) char *text = text_format("%llu\n", (unsigned long long)limit);

	int held = -1;

	sweep(parent);
	int code = make_held(path, &held);

	if (code < 0)
		return code;
	code = write_small(path, controllers[controller].limits[second != NULL], text);

	if (code < 0) {
		(void)rmdir(path);
		(void)close(held);
		return code;
	}
	group->held[controller] = held;
	group->second = second != NULL;
	group->directories[controller] = TAKE(path);
	return 0;
}

int group_make(const char *root, const uint64_t limits[GROUP_CONTROLLERS],
	       const bool wanted[GROUP_CONTROLLERS], struct build_group *ret_group,
	       struct error *error)
{
	struct build_group group = {0};

	for (int i = 0; i < GROUP_CONTROLLERS; i++) {
		int code = limits[i] ? make_one(root, (enum group_controller)i, limits[i], &group)
				     : 0;

		if (code < 0 && wanted[i]) {
			group_remove(&group);
			return error_errno(error, code, 0, "Cannot limit the %s of a build",
					   i == GROUP_MEMORY ? "memory" : "processes");
		}
	}
	*ret_group = group;
	return 0;
}

int group_join(const struct build_group *group)
{
	for (int i = 0; i < GROUP_CONTROLLERS; i++) {
		int code = group->directories[i]
				   ? write_small(group->directories[i], "cgroup.procs", "0\n")
				   : 0;

		if (code < 0)
			return code;
	}
	return 0;
}

unsigned long group_count_hits(const struct build_group *group, enum group_controller controller)
{
	const char *name = controllers[controller].hits[group->second];
	cleanup(free_string) char *text =
		group->directories[controller]
			? cgroup_read(group->directories[controller],
				      controllers[controller].events[group->second])
			: NULL;
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	strv_split(&lines, text ? text : "", "\n");
	STRV_FOREACH (line, &lines)
		if (text_starts_with(line, name) && line[strlen(name)] == ' ')
			return strtoul(line + strlen(name), NULL, 10);
	return 0;
}

/* The last process may be on its way out. */
static void remove_directory(const char *path)
{
	for (int i = 0; i < ATTEMPTS && rmdir(path) < 0 && errno == EBUSY; i++)
		(void)poll(NULL, 0, 10);
}

void group_remove(struct build_group *group)
{
	for (int i = 0; i < GROUP_CONTROLLERS; i++) {
		if (!group->directories[i])
			continue;
		remove_directory(group->directories[i]);
		(void)close(group->held[i]);
		free(TAKE(group->directories[i]));
	}
}
