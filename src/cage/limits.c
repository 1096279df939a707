/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/walk.h"

enum { LOOK_MS = 1000, BLOCK = 512, SPARE_PROCESSES = 16 };

int limits_open(const struct cage_request *request, struct cage *cage, struct error *error)
{
	const struct cage_limits *limits = &request->limits;
	const uint64_t group[] = {
		[GROUP_MEMORY] = limits->memory, [GROUP_PIDS] = limits->processes};

	cage->limits = *limits;
	if (request->view)
		cage->view = xstrdup(request->view);
	if (request->temporary)
		cage->temporary = xstrdup(request->temporary);
	cage->usage = mmap(NULL, sizeof(*cage->usage), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (cage->usage == MAP_FAILED) {
		cage->usage = NULL;
		return error_errno(error, -errno, 0, "Cannot share memory");
	}
	return group_make("", group, request->support->groups, &cage->group, error);
}

void limits_close(struct cage *cage)
{
	group_remove(&cage->group);
	if (cage->usage)
		(void)munmap(cage->usage, sizeof(*cage->usage));
	free(cage->view);
	free(cage->temporary);
}

static rlim_t or_none(uint64_t limit)
{
	return limit ? (rlim_t)limit : RLIM_INFINITY;
}

/* The group counts all ids of the build together, and so comes first. */
static rlim_t process_limit(const struct cage *cage)
{
	uint64_t limit = cage->limits.processes;

	return or_none(limit && cage->group.directories[GROUP_PIDS] ? limit + SPARE_PROCESSES
								    : limit);
}

/* Addresses, not memory: a limit that a group keeps need not be kept so. */
static rlim_t address_limit(const struct cage *cage)
{
	return or_none(cage->group.directories[GROUP_MEMORY] || !cage->limits.memory_is_chosen
			       ? 0
			       : cage->limits.memory);
}

/* If the machine runs out of memory, it is the build that goes. Best effort. */
static void offer_to_oom_killer(void)
{
	cleanup(close_fd) int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)file_write_all(fd, "1000", 4);
}

int limits_set(const struct cage *cage)
{
	const struct {
		int resource;
		rlim_t value;
	} table[] = {
		{RLIMIT_AS, address_limit(cage)}, /* also where the caller has a lower one */
		{RLIMIT_DATA, RLIM_INFINITY},
		{RLIMIT_NPROC, process_limit(cage)},
		{RLIMIT_FSIZE, or_none(cage->limits.disk)},
		{RLIMIT_CORE, 1}, /* 0 would still call a handler that core_pattern names */
	};

	offer_to_oom_killer();
	errno = -group_join(&cage->group);
	if (errno)
		return -1;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		const struct rlimit limit = {table[i].value, table[i].value};

		/* Root of a container may not raise what it was given. */
		if (setrlimit(table[i].resource, &limit) < 0 && errno != EPERM)
			return -1;
	}
	return 0;
}

/* The number in the column of that name; the kernel's two lines are a heading and its values. */
static long long value_below(const char *heading, const char *values, const char *name)
{
	size_t length = strlen(name);

	while (*heading && *values) {
		if (strncmp(heading, name, length) == 0 && strchr(" \n", heading[length]))
			return strtoll(values, NULL, 10);
		heading += strcspn(heading, " ");
		heading += strspn(heading, " ");
		values += strcspn(values, " ");
		values += strspn(values, " ");
	}
	return 0;
}

/* The kernel counts what found no route: connections, and questions to a name server. */
static bool network_was_tried(void)
{
	cleanup(fclose_handler) FILE *file = fopen("/proc/net/snmp", "re");
	char heading[1024], values[1024];

	return file && fgets(heading, sizeof(heading), file) &&
	       fgets(values, sizeof(values), file) &&
	       value_below(heading, values, "OutNoRoutes") > 0;
}

void limits_look(const struct cage *cage, bool failed)
{
	const char *const places[] = {"/tmp", "/var/tmp", "/dev/shm", cage->temporary};
	struct statvfs info;

	if (!cage->network && network_was_tried())
		cage->usage->tried = 1;
	for (size_t i = 0; failed && i < sizeof(places) / sizeof(*places); i++)
		if (places[i] && statvfs(places[i], &info) == 0 && info.f_bavail == 0)
			cage->usage->full = 1;
}

/* How much the build has of its disk. Only once that could be too much it is counted. */
struct disk {
	uint64_t limit, used;
	uint64_t free_then; /* in the file system, when it was counted last */
};

static int add_blocks(const struct walk_step *step)
{
	uint64_t *used = step->context;

	*used += (uint64_t)step->info->st_blocks * BLOCK;
	return 0;
}

static uint64_t free_space(const char *path)
{
	struct statvfs info;

	return statvfs(path, &info) < 0 ? 0 : (uint64_t)info.f_bfree * info.f_frsize;
}

static bool disk_is_used_up(const char *view, struct disk *disk)
{
	uint64_t now = free_space(view), used = 0;
	const struct walk walk = {.file = add_blocks, .enter = add_blocks, .context = &used};

	if (!disk->limit || now + (disk->limit - disk->used) > disk->free_then)
		return false;
	/* It may be changing; what cannot be counted now is counted in a second. */
	if (walk_tree(&walk, AT_FDCWD, view, -1, NULL) == -E2BIG)
		return true;
	disk->free_then = now;
	disk->used = used < disk->limit ? used : disk->limit;
	return used > disk->limit;
}

/* 0: it ended. -EINTR, -ETIME, -EDQUOT: it has to be ended. */
static int watch(const struct cage *cage, int pidfd)
{
	struct pollfd waits[] = {{.fd = pidfd, .events = POLLIN},
				 {.fd = interrupt_fd(), .events = POLLIN}};
	int64_t deadline = deadline_after(cage->limits.seconds);
	struct disk disk = {.limit = cage->limits.disk, .free_then = free_space(cage->view)};

	for (;;) {
		int left = deadline_remaining(deadline);
		int ready = poll(waits, 2, left < 0 || left > LOOK_MS ? LOOK_MS : left);

		if (ready > 0 && waits[1].revents && interrupt_pending())
			return -EINTR;
		if (ready > 0 && waits[0].revents)
			return 0;
		if (deadline && deadline_remaining(deadline) == 0)
			return -ETIME;
		if (disk_is_used_up(cage->view, &disk))
			return -EDQUOT;
	}
}

int limits_wait(const struct cage *cage, pid_t pid, int *ret_status, struct error *error)
{
	bool watched = cage->view && (cage->limits.seconds || cage->limits.disk);
	cleanup(close_fd) int pidfd = watched ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	/* Linux before 5.3 has none. */
	if (pidfd < 0)
		return process_wait_or_stop(pid, ret_status, error);
	int code = watch(cage, pidfd);

	if (code < 0)
		(void)kill(pid, SIGKILL);
	if (process_wait(pid, ret_status, error) < 0)
		return error->code;
	if (code == -EINTR)
		return interrupt_error(error);
	if (code == -ETIME)
		return error_set(error, code, 0,
				 "The build took more time than it may (%u seconds).",
				 cage->limits.seconds);
	return code < 0 ? error_set(error, code, 0,
				    "The build took more disk space than it may (%llu bytes).",
				    (unsigned long long)cage->limits.disk)
			: 0;
}
