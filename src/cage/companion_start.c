/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/companion_start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "base/process.h"
#include "cage/confine.h"
#include "cage/mounts.h"

/* Where the program finds its descriptors, as in companion.h. */
enum { QUESTION = 10, ANSWER = 11, STATUS = 12, ENDS = 3 };

static const struct confine_limits limits = {
	.memory = (size_t)1 << 30,
	.seconds = 60,
	.file_size = 16 << 20,
	.files = 256,
};

enum { PROCESSES = 128 };

/* This system never lets dkms do it, whatever is tried: not something that failed just now. */
static bool is_impossible(int code)
{
	return code == -EPERM || code == -ENOSYS || code == -EINVAL || code == -ENOSPC;
}

/* At places where no stdio descriptor, and none of each other's, is in the way. */
static int arrange_descriptors(const struct companion_ends *ends)
{
	const int kept[ENDS] = {QUESTION, ANSWER, STATUS};
	const int from[ENDS] = {ends->question, ends->answer, ends->status};
	int high[ENDS];

	if (dup2(ends->bell, STDIN_FILENO) < 0 || dup2(ends->messages, STDERR_FILENO) < 0)
		return -errno;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		return -errno;
	for (int i = 0; i < ENDS; i++) {
		high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, STATUS + 1);
		if (high[i] < 0)
			return -errno;
	}
	for (int i = 0; i < ENDS; i++)
		if (dup2(high[i], kept[i]) < 0)
			return -errno;
	return confine_descriptors(kept, ENDS);
}

/* Another wall behind that of the rights: nothing can be written, nobody else is seen. */
static int take_namespace(bool own_processes, struct error *error)
{
	cleanup(error_clear) struct error failure = {0};
	int code = unshare(CLONE_NEWNS) < 0 ? -errno : 0;

	if (!code)
		code = cage_mount_readonly(&failure);
	if (!code && mount("tmpfs", COMPANION_MEMORY, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			   "mode=1777,size=16m,nr_inodes=1000") < 0)
		code = errno == ENOENT ? 0 : -errno;
	if (!code && own_processes &&
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		code = -errno;
	return !code || is_impossible(code) ? 0 : error_errno(error, code, 0, "mount namespace");
}

static int confine(const struct companion_ends *ends, bool own_processes, struct error *error)
{
	struct confine_limits own = limits;
	int code = arrange_descriptors(ends);

	if (code < 0)
		return error_errno(error, code, 0, "descriptors");
	if (geteuid() == 0 && take_namespace(own_processes, error) < 0)
		return error->code;
	/* The limit counts all processes of a user: only one that nobody else has can bear it. */
	own.processes = geteuid() == 0 ? PROCESSES : UINT_MAX;
	if (confine_resources(&own, error) < 0)
		return error->code;
	return confine_rights(0, CONFINE_RUNS, error);
}

/* The parent died before its death could be noticed: nobody will ring. */
static bool is_abandoned(void)
{
	struct pollfd bell = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&bell, 1, 0) > 0 && bell.revents & POLLHUP;
}

static void __attribute__((noreturn))
become_program(const struct companion_request *request, const struct companion_ends *ends,
	       bool own_processes)
{
	struct error error = {0};

	process_reset_signals();
	if (confine(ends, own_processes, &error) < 0)
		(void)dprintf(STDERR_FILENO, "It cannot be confined: %s", error.message);
	else if (!is_abandoned()) {
		execvpe(request->argv[0], request->argv, request->env);
		(void)dprintf(STDERR_FILENO, "%s cannot be run: %s", request->argv[0],
			      strerror(errno));
	}
	_exit(127);
}

/* fork(), into a pid namespace whose first process it is. */
static pid_t fork_apart(void)
{
#if defined(__s390__) || defined(__CRIS__) /* the two arguments change places there */
	return (pid_t)syscall(SYS_clone, NULL, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL);
#else
	return (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
#endif
}

int companion_fork(const struct companion_request *request, const struct companion_ends *ends,
		   pid_t *ret_pid)
{
	bool own_processes = geteuid() == 0;
	pid_t pid = own_processes ? fork_apart() : fork();

	if (pid < 0 && own_processes && is_impossible(-errno)) {
		own_processes = false;
		pid = fork();
	}
	if (pid == 0)
		become_program(request, ends, own_processes);
	if (pid < 0)
		return -errno;
	*ret_pid = pid;
	return 0;
}
