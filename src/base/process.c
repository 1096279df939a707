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
#include <time.h>
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
		fd = open("/dev/null", null_flags);
	if (fd < 0)
		return -errno;
	if (fd == number) /* only its close-on-exec flag is in the way */
		return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
	return dup2(fd, number) < 0 ? -errno : 0;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

int process_exec(const struct process *process)
{
	int code;

	if (process->own_group || process->timeout_seconds)
		(void)setpgid(0, 0);
	reset_signals();
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
	if (process->prepare && process->prepare(process->prepare_context))
		_exit(126);
	execvpe(process->argv[0], process->argv, process->env ? process->env : environ);
	return -errno;
}

/* Starts the child; a failure before or at exec comes back through a close-on-exec pipe. */
static int start(const struct process *process, pid_t *ret_pid)
{
	bool own_group = process->own_group || process->timeout_seconds;
	int report[2];
	int failure = 0;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	pid_t pid = fork();

	if (pid == 0) {
		int code = process_exec(process);

		(void)file_write_all(report[1], &code, sizeof(code));
		_exit(127);
	}
	int fork_code = pid < 0 ? -errno : 0;

	(void)close(report[1]);
	if (!fork_code) {
		if (own_group)
			(void)setpgid(pid, pid);
		while (read(report[0], &failure, sizeof(failure)) < 0 && errno == EINTR)
			;
	}
	(void)close(report[0]);
	if (fork_code)
		return fork_code;
	if (failure) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return failure;
	}
	*ret_pid = pid;
	return 0;
}

int process_start(const struct process *process, pid_t *ret_pid, struct error *error)
{
	int code = start(process, ret_pid);

	if (code < 0)
		return error_errno(error, code, 0, "Cannot run %s", process->argv[0]);
	return 0;
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

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds to the deadline for poll(); -1 without one. */
static int remaining(int64_t deadline)
{
	if (!deadline)
		return -1;
	int64_t left = deadline - now_ms();

	return left > 0 ? (int)left : 0;
}

static void kill_child(pid_t pid)
{
	if (kill(-pid, SIGKILL) < 0)
		(void)kill(pid, SIGKILL);
}

/* Waits until fd is ready: 0, -ETIMEDOUT at the deadline, -EINTR when a signal asks us to stop. */
static int wait_ready(int fd, int64_t deadline)
{
	struct pollfd waits[2] = {{.fd = fd, .events = POLLIN},
				  {.fd = interrupt_fd(), .events = POLLIN}};

	for (;;) {
		int ready = poll(waits, 2, remaining(deadline));

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
		kill_child(pid);
	int wait_code = process_wait(pid, ret_status, error);

	return code ? code : wait_code;
}

int process_wait_or_stop(pid_t pid, int *ret_status, struct error *error)
{
	int code = wait_until(pid, 0, ret_status, error);

	return code == -EINTR ? interrupt_error(error) : code;
}

static int64_t deadline_of(const struct process *process)
{
	return process->timeout_seconds ? now_ms() + process->timeout_seconds * 1000LL : 0;
}

static int timed_out(const struct process *process, struct error *error)
{
	return error_set(error, -ETIMEDOUT, 0, "%s did not end within %d seconds and was killed",
			 process->argv[0], process->timeout_seconds);
}

int process_run(const struct process *process, int *ret_status, struct error *error)
{
	pid_t pid;

	if (process_start(process, &pid, error) < 0)
		return error->code;
	int code = wait_until(pid, deadline_of(process), ret_status, error);

	return code == -ETIMEDOUT ? timed_out(process, error)
	       : code == -EINTR   ? interrupt_error(error)
				  : code;
}

/* Reads fd to its end into output: 0, -EFBIG past limit, else as wait_ready(). */
static int drain(int fd, size_t limit, int64_t deadline, struct buffer *output)
{
	char chunk[16384];

	for (;;) {
		int code = wait_ready(fd, deadline);

		if (code < 0)
			return code;
		ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		if (output->length + (size_t)got > limit)
			return -EFBIG;
		buffer_add(output, chunk, (size_t)got);
	}
}

int process_capture(const struct process *process, size_t limit, char **ret_output,
		    size_t *ret_length, int *ret_status, struct error *error)
{
	cleanup(buffer_free) struct buffer output = {0};
	struct process child = *process;
	int64_t deadline = deadline_of(process);
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(error, -errno, 0, "Cannot run %s", process->argv[0]);
	child.stdout_fd = ends[1];
	child.own_group = true;
	int code = process_start(&child, &pid, error);

	(void)close(ends[1]);
	if (!code) {
		code = drain(ends[0], limit, deadline, &output);
		if (code < 0)
			kill_child(pid);
		int wait_code = wait_until(pid, code ? 0 : deadline, ret_status, error);

		code = code ? code : wait_code;
	}
	(void)close(ends[0]);
	if (code == -ETIMEDOUT)
		return timed_out(process, error);
	if (code == -EINTR)
		return interrupt_error(error);
	if (code == -EFBIG)
		return error_set(error, code, 0, "%s printed more than %zu bytes", process->argv[0],
				 limit);
	if (code < 0)
		return error_errno(error, code, 0, "Cannot run %s", process->argv[0]);
	if (ret_length)
		*ret_length = output.length;
	*ret_output = buffer_take(&output);
	return 0;
}

/* Hands on what comes from fd: 0 at its end or the program's, else as wait_ready(). */
static int pass_on(int fd, int pidfd, int64_t deadline, process_output *output, void *context)
{
	struct pollfd waits[] = {{.fd = fd, .events = POLLIN},
				 {.fd = pidfd, .events = POLLIN},
				 {.fd = interrupt_fd(), .events = POLLIN}};
	char chunk[16384];

	for (;;) {
		int ready = poll(waits, 3, remaining(deadline));

		if (ready == 0)
			return -ETIMEDOUT;
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready < 0)
			continue;
		if (waits[2].revents && interrupt_pending())
			return -EINTR;
		if (waits[0].revents) {
			ssize_t got = read(fd, chunk, sizeof(chunk));

			if (got > 0)
				output(context, chunk, (size_t)got);
			else if (got == 0 || errno != EINTR)
				return got < 0 ? -errno : 0;
		} else if (waits[1].revents) {
			return 0;
		}
	}
}

int process_stream(const struct process *process, process_output *output, void *context,
		   int *ret_status, struct error *error)
{
	struct process child = *process;
	int64_t deadline = deadline_of(process);
	int ends[2];
	pid_t pid = -1;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(error, -errno, 0, "Cannot run %s", process->argv[0]);
	cleanup(close_fd) int from = ends[0];

	child.stdout_fd = child.stderr_fd = ends[1];
	child.own_group = true;
	int code = process_start(&child, &pid, error);

	(void)close(ends[1]);
	if (code < 0)
		return code;
	cleanup(close_fd) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	code = pass_on(from, pidfd, deadline, output, context);
	if (code < 0)
		kill_child(pid);
	int wait_code = wait_until(pid, code ? 0 : deadline, ret_status, error);

	code = code ? code : wait_code;
	return code == -ETIMEDOUT ? timed_out(process, error)
	       : code == -EINTR   ? interrupt_error(error)
	       : code < 0         ? error_errno(error, code, 0, "Cannot run %s", process->argv[0])
				  : 0;
}

void process_adopt_orphans(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void process_await_orphans(int milliseconds)
{
	int64_t deadline = now_ms() + milliseconds;

	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno != EINTR)
			return; /* there are none */
		if (pid == 0 && remaining(deadline) == 0)
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
