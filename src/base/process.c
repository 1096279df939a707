/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

extern char **environ;

/* In the child: puts fd at number, or /dev/null for -1. */
static int place_fd(int fd, int number, int null_flags)
{
	if (fd < 0)
		fd = open("/dev/null", null_flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fd == number) /* only its close-on-exec flag is in the way */
		return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
	return dup2(fd, number) < 0 ? -errno : 0;
}

void process_reset_signals(void)
{
	/* The kernel's struct sigaction. The C library refuses to touch the two signals of its own,
	 * which a caller may have ignored all the same. */
	static const unsigned long by_default[8];
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)syscall(SYS_rt_sigaction, number, by_default, NULL, (NSIG - 1) / 8);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool leads_group(const struct process *process)
{
	return process->own_group || process->timeout_seconds;
}

int process_exec(const struct process *process)
{
	int code;

	if (leads_group(process))
		(void)setpgid(0, 0);
	process_reset_signals();
	umask(022);
	code = place_fd(process->stdin_fd ? process->stdin_fd : -1, 0, O_RDONLY);
	if (!code && process->stdout_fd)
		code = place_fd(process->stdout_fd, 1, O_WRONLY);
	if (!code && process->stderr_fd)
		code = place_fd(process->stderr_fd, 2, O_WRONLY);
	if (code)
		return code;
	if (process->directory && chdir(process->directory) < 0)
		return -errno;
	if (!text_empty(process->root) && (chroot(process->root) < 0 || chdir("/") < 0))
		return -errno;
	if (process->prepare && process->prepare(process->prepare_context))
		_exit(126);
	execvpe(process->argv[0], process->argv, process->env ? process->env : environ);
	return -errno;
}

static void kill_group(pid_t pid)
{
	if (pid <= 0) /* other processes than a child */
		return;
	if (kill(-pid, SIGKILL) < 0)
		(void)kill(pid, SIGKILL);
}

int process_end(pid_t pid)
{
	int status = 0;

	kill_group(pid);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Waits until fd is ready: 0, -ETIMEDOUT at the deadline, -EINTR when a signal asks us to stop. */
static int wait_ready(int fd, int64_t deadline)
{
	struct pollfd waits[2] = {{.fd = fd, .events = POLLIN},
				  {.fd = interrupt_fd(), .events = POLLIN}};

	for (;;) {
		int ready = poll(waits, 2, deadline_remaining(deadline));

		if (ready == 0)
			return -ETIMEDOUT;
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready > 0 && waits[1].revents && interrupt_pending())
			return -EINTR;
		if (ready > 0 && waits[0].revents)
			return 0;
	}
}

/* A child that its parent watches does not outlive the parent. */
static int die_with(const struct process *process, pid_t parent)
{
	if (!process->timeout_seconds && !process->dies_with_parent)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ECHILD;
}

/*
 * Starts the child; a failure before or at exec comes back through a close-on-exec pipe. Whatever
 * the child does until then, at the deadline or when a signal asks us to stop it is killed.
 */
static int start(const struct process *process, int64_t deadline, pid_t *ret_pid)
{
	int report[2];
	int failure = 0;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0) {
		int code = die_with(process, parent);

		if (!code)
			code = process_exec(process);
		(void)file_write_all(report[1], &code, sizeof(code));
		_exit(127);
	}
	int code = pid < 0 ? -errno : 0;

	(void)close(report[1]);
	if (!code) {
		if (leads_group(process))
			(void)setpgid(pid, pid);
		code = wait_ready(report[0], deadline);
		if (!code && read(report[0], &failure, sizeof(failure)) == sizeof(failure))
			code = failure;
	}
	(void)close(report[0]);
	if (code && pid > 0)
		(void)process_end(pid);
	else if (!code)
		*ret_pid = pid;
	return code;
}

static int64_t deadline_of(const struct process *process)
{
	return deadline_after((unsigned int)process->timeout_seconds);
}

/* The error for a program that did not come to its end. */
static int explain(const struct process *process, int code, struct error *error)
{
	if (code == -ETIMEDOUT)
		return error_set(error, code, 0, "%s did not end within %d seconds and was killed",
				 process->argv[0], process->timeout_seconds);
	if (code == -EINTR)
		return interrupt_error(error);
	return code < 0 ? error_errno(error, code, 0, "Cannot run %s", process->argv[0]) : 0;
}

int process_exit_status(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return 128 + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}

int process_wait(pid_t pid, int *ret_status, struct error *error)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_errno(error, -errno, 0, "Cannot wait for process %d",
					   (int)pid);
	*ret_status = process_exit_status(status);
	return 0;
}

/* Waits for the end of pid; on a deadline or an interrupt it is killed with its group. */
static int wait_until(pid_t pid, int64_t deadline, int *ret_status, struct error *error)
{
	cleanup(close_fd) int pidfd = -1;
	int code = 0;

	if (deadline || interrupt_fd() >= 0)
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0)
		code = wait_ready(pidfd, deadline);
	if (code < 0)
		kill_group(pid);
	int wait_code = process_wait(pid, ret_status, error);

	return code ? code : wait_code;
}

int process_wait_or_stop(pid_t pid, int *ret_status, struct error *error)
{
	int code = wait_until(pid, 0, ret_status, error);

	return code == -EINTR ? interrupt_error(error) : code;
}

int process_run(const struct process *process, int *ret_status, struct error *error)
{
	int64_t deadline = deadline_of(process);
	pid_t pid = -1;
	int code = start(process, deadline, &pid);

	return explain(process, code ? code : wait_until(pid, deadline, ret_status, error), error);
}

/* Where output goes: to a function, or, at most so much, into memory. */
struct sink {
	process_output *output;
	void *context;
	struct buffer kept;
	size_t limit;
};

static int hand_on(struct sink *sink, const char *data, size_t length)
{
	if (sink->output) {
		sink->output(sink->context, data, length);
		return 0;
	}
	if (sink->kept.length + length > sink->limit)
		return -EFBIG;
	buffer_add(&sink->kept, data, length);
	return 0;
}

/* Hands on what comes from fd: 0 at its end or the program's, else as wait_ready(). */
static int pass_on(int fd, int pidfd, int64_t deadline, struct sink *sink)
{
	struct pollfd waits[] = {{.fd = fd, .events = POLLIN},
				 {.fd = pidfd, .events = POLLIN},
				 {.fd = interrupt_fd(), .events = POLLIN}};
	char chunk[16384];

	for (;;) {
		int ready = interrupt_poll(waits, 3, deadline);

		if (ready < 0)
			return ready;
		if (waits[0].revents) {
			ssize_t got = read(fd, chunk, sizeof(chunk));
			int code = got > 0 ? hand_on(sink, chunk, (size_t)got) : 0;

			if (code < 0 || got == 0)
				return code;
			if (got < 0 && errno != EINTR)
				return -errno;
		} else if (waits[1].revents) {
			return 0;
		}
	}
}

/* Starts the child, whose output goes to the writing end, and hands on what comes out. */
static int stream(const struct process *child, int ends[2], struct sink *sink, int *ret_status,
		  struct error *error)
{
	int64_t deadline = deadline_of(child);
	pid_t pid = -1;
	int code = start(child, deadline, &pid);

	(void)close(ends[1]);
	cleanup(close_fd) int from = ends[0];

	if (code < 0)
		return code;
	cleanup(close_fd) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	code = pass_on(from, pidfd, deadline, sink);
	if (code < 0)
		kill_group(pid);
	int wait_code = wait_until(pid, code ? 0 : deadline, ret_status, error);

	return code ? code : wait_code;
}

int process_stream(const struct process *process, process_output *output, void *context,
		   int *ret_status, struct error *error)
{
	struct sink sink = {.output = output, .context = context};
	struct process child = *process;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return explain(process, -errno, error);
	child.stdout_fd = child.stderr_fd = ends[1];
	child.own_group = true;
	return explain(process, stream(&child, ends, &sink, ret_status, error), error);
}

int process_capture(const struct process *process, size_t limit, char **ret_output,
		    size_t *ret_length, int *ret_status, struct error *error)
{
	struct sink sink = {.limit = limit};
	struct process child = *process;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return explain(process, -errno, error);
	child.stdout_fd = ends[1];
	child.own_group = child.dies_with_parent = true;
	int code = stream(&child, ends, &sink, ret_status, error);

	if (code < 0)
		buffer_free(&sink.kept);
	if (code == -EFBIG)
		return error_set(error, code, 0, "%s printed more than %zu bytes", process->argv[0],
				 limit);
	if (code < 0)
		return explain(process, code, error);
	if (ret_length)
		*ret_length = sink.kept.length;
	*ret_output = buffer_take(&sink.kept);
	return 0;
}

void process_adopt_orphans(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void process_await_orphans(int milliseconds)
{
	int64_t deadline = deadline_after_ms(milliseconds);

	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno != EINTR)
			return; /* there are none */
		if (pid == 0 && deadline_remaining(deadline) == 0)
			return;
		if (pid == 0)
			(void)poll(NULL, 0, 1);
	}
}

char *process_find_program_on(const char *search, const char *name)
{
	cleanup(strv_free) struct strv directories = {0};
	const char *directory;

	if (strchr(name, '/'))
		return file_is_executable(name) ? xstrdup(name) : NULL;
	strv_split(&directories, search ? search : "/usr/sbin:/usr/bin:/sbin:/bin", ":");
	STRV_FOREACH (directory, &directories) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		if (file_is_executable(path))
			return TAKE(path);
	}
	return NULL;
}

char *process_find_program(const char *name)
{
	return process_find_program_on(getenv("PATH"), name);
}
