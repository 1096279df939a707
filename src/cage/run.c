/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands in a cage. The first process of a caged command is the init of its pid namespace. */
#include "cage/run.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strv.h"
#include "base/text.h"
#include "cage/calls.h"
#include "cage/confine.h"
#include "cage/limits.h"
#include "cage/namespace.h"

extern char **environ;

/* The argument of process_run()'s prepare function; the directory may lie in the view. */
struct preparation {
	const struct cage *cage;
	const char *directory;
};

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int prepare(void *context)
{
	const struct preparation *preparation = context;

	raise_file_limit();
	/* make passes it on to what it started; SIGKILL would leave that running. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (preparation->cage->kind == CAGE_VIEW &&
	    setns(preparation->cage->mounts_fd, CLONE_NEWNS) < 0)
		return -1;
	return preparation->directory && chdir(preparation->directory) < 0 ? -1 : 0;
}

int run_uncaged(const struct cage *cage, const struct process *process, int *ret_status,
		struct error *error)
{
	struct preparation preparation = {.cage = cage, .directory = process->directory};
	struct process child = *process;

	child.directory = NULL;
	child.own_group = true;
	child.prepare = prepare;
	child.prepare_context = &preparation;
	return process_run(&child, ret_status, error);
}

/* Init's message to its parent if it cannot start the command. Code 1: it could have. */
struct failure {
	int code;
	char step[32];
};

enum { NOTHING_TO_START = 1 };

static void fail(int report, const char *step)
{
	struct failure failure = {.code = -errno};

	(void)snprintf(failure.step, sizeof(failure.step), "%s", step);
	(void)file_write_all(report, &failure, sizeof(failure));
	_exit(127);
}

static enum confine_calls calls_of(const struct cage *cage)
{
	return cage->network ? CONFINE_BUILDS_ONLINE : CONFINE_BUILDS;
}

/* Over files and processes of the cage's own ids; a plain user has none. */
static unsigned int kept_capabilities(const struct cage *cage)
{
	return cage->users_fd < 0 ? 0
				  : 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER |
					    1U << CAP_FSETID | 1U << CAP_KILL | 1U << CAP_SETGID |
					    1U << CAP_SETUID;
}

static int drop_bounding_set(const struct cage *cage)
{
	unsigned int kept = kept_capabilities(cage);

	for (unsigned int capability = 0; capability < 64; capability++) {
		bool keep = capability < 32 && (kept & 1U << capability);

		if (!keep && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL)
			return -1;
	}
	return 0;
}

static int drop_capabilities(const struct cage *cage)
{
	unsigned int kept = kept_capabilities(cage);
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = kept, .permitted = kept}, {0}};

	return (int)syscall(SYS_capset, &header, data);
}

static int become_inner_root(void)
{
	return setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 ? errno
											  : 0;
}

/* Becomes the unprivileged root of the cage, or the plain user. */
static void drop_privileges(const struct cage *cage, int report)
{
	/* The keys of root's session stay with root. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		fail(report, "session keyring");
	if (cage->users_fd >= 0 && setns(cage->users_fd, CLONE_NEWUSER) < 0)
		fail(report, "user namespace");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || drop_bounding_set(cage) < 0)
		fail(report, "capabilities");
	errno = cage->users_fd >= 0 ? become_inner_root() : -ids_become(cage->owner);
	if (errno)
		fail(report, "user id");
	if (drop_capabilities(cage) < 0)
		fail(report, "capabilities");
	errno = -calls_restrict(calls_of(cage));
	if (errno)
		fail(report, "system calls");
	/* Others in the cage have the same id, and this one dkms's memory (fs.suid_dumpable). */
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		fail(report, "prctl");
	struct pollfd parent = {.fd = report};

	if (poll(&parent, 1, 0) > 0 && parent.revents & POLLERR)
		_exit(127); /* it died before it could be noticed */
}

static void enter_mounts(const struct cage *cage, int report)
{
	if (setns(cage->mounts_fd, CLONE_NEWNS) < 0 || unshare(CLONE_NEWNS) < 0)
		fail(report, "mount namespace");
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		fail(report, "/proc");
	/* Not once for all commands: the directory is another one after a source was copied. */
	if (cage->second_place &&
	    mount(cage->writable, cage->second_place, NULL, MS_BIND, NULL) < 0)
		fail(report, "second place");
}

static void close_from_3(unsigned int flags)
{
	struct rlimit limit = {.rlim_cur = 65536};

	if (syscall(SYS_close_range, 3U, ~0U, flags) == 0)
		return;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = 3; fd < (int)limit.rlim_cur; fd++) {
		if (flags)
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		else
			(void)close(fd);
	}
}

/* Without functions that root's shell exported. */
static char *const *without_functions(char *const *environment)
{
	struct strv kept = {0};

	for (; *environment; environment++)
		if (!text_starts_with(*environment, "BASH_FUNC_"))
			strv_add(&kept, *environment);
	return strv_argv(&kept); /* until exec */
}

/* The command: only its standard descriptors and the ones to keep survive. */
static void start_command(const struct process *process, const int keep_fds[2], int report)
{
	struct process command = *process;

	command.directory = NULL; /* init is there already */
	command.env = without_functions(process->env ? process->env : environ);
	close_from_3(1U << 2 /* CLOSE_RANGE_CLOEXEC */);
	for (int i = 0; i < 2; i++)
		if (keep_fds[i] > 2 && fcntl(keep_fds[i], F_SETFD, 0) < 0)
			fail(report, "jobserver");
	errno = -process_exec(&command);
	fail(report, "exec");
}

/* Reaps until the command ends, and with it all that is left in the namespace. */
static void reap(const struct cage *cage, pid_t command)
{
	int status;

	for (;;) {
		pid_t pid = wait(&status);

		if (pid == command) {
			limits_look(cage, status != 0);
			_exit(process_exit_status(status));
		}
		if (pid < 0 && errno != EINTR)
			_exit(127);
	}
}

static void be_init(const struct cage *cage, const struct process *process, const int keep_fds[2],
		    int report)
{
	/* Without a terminal nothing can be typed into it. */
	(void)setsid();
	raise_file_limit();
	if (limits_set(cage) < 0)
		fail(report, "limits");
	enter_mounts(cage, report);
	if (process && process->directory && chdir(process->directory) < 0)
		fail(report, "directory");
	drop_privileges(cage, report);
	if (!process) {
		errno = -NOTHING_TO_START;
		fail(report, "");
	}
	pid_t command = fork();

	if (command < 0)
		fail(report, "fork");
	if (command == 0)
		start_command(process, keep_fds, report);
	close_from_3(0);
	reap(cage, command);
}

static pid_t clone_init(bool network)
{
	unsigned long flags = CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD;

	if (!network)
		flags |= CLONE_NEWNET;
#if defined(__s390__) || defined(__CRIS__) /* the two arguments change places there */
	return (pid_t)syscall(SYS_clone, NULL, flags, NULL, NULL, NULL);
#else
	return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
#endif
}

/*
 * Starts init, whose end the caller awaits. *ret_failure is what kept it from starting the command;
 * it has said all when its end of the pipe is closed, by exec or death.
 */
static int start_init(const struct cage *cage, const struct process *process, const int keep_fds[2],
		      pid_t *ret_pid, struct failure *ret_failure)
{
	int report[2];

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	pid_t pid = clone_init(cage->network);

	if (pid == 0) {
		(void)close(report[0]);
		be_init(cage, process, keep_fds, report[1]);
	}
	int code = pid < 0 ? -errno : 0;

	(void)close(report[1]);
	if (!code)
		while (read(report[0], ret_failure, sizeof(*ret_failure)) < 0 && errno == EINTR)
			;
	(void)close(report[0]);
	*ret_pid = pid;
	return code;
}

int run_caged(const struct cage *cage, const struct process *process, const int keep_fds[2],
	      int *ret_status, struct error *error)
{
	struct failure failure = {0};
	pid_t pid = -1;
	int code = calls_prepare(calls_of(cage));

	if (code < 0)
		return error_errno(error, code, 0, "Cannot confine %s: system calls",
				   process->argv[0]);
	code = start_init(cage, process, keep_fds, &pid, &failure);
	if (code < 0)
		return error_errno(error, code, 0, "Cannot make the namespaces of a build");
	code = limits_wait(cage, pid, ret_status, error);
	if (failure.code)
		return error_errno(error, failure.code, 0, "Cannot start %s in its namespaces: %s",
				   process->argv[0], failure.step);
	return code;
}

int cage_try(const struct cage *cage, bool *ret_impossible, struct error *error)
{
	static const int none[2] = {-1, -1};
	struct failure failure = {0};
	pid_t pid = -1;
	int code = calls_prepare(calls_of(cage));
	int status;

	/* No reason to do with less: the kernel was not asked. */
	*ret_impossible = false;
	if (code < 0)
		return error_errno(error, code, 0, "system calls");
	code = start_init(cage, NULL, none, &pid, &failure);
	*ret_impossible = namespace_is_impossible(code);
	if (code < 0)
		return error_errno(error, code, 0, "pid, ipc, uts and net namespaces");
	if (process_wait_or_stop(pid, &status, error) < 0)
		return error->code;
	if (failure.code == NOTHING_TO_START)
		return 0;
	*ret_impossible = namespace_is_impossible(failure.code) || failure.code == -EACCES;
	return failure.code ? error_errno(error, failure.code, 0, "%s", failure.step)
			    : error_set(error, -ECHILD, 0, "the process that tries it died");
}
