/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/process.h"

/* Without its engine nobody would end a worker, and it would hold the tree's lock. */
static void die_with(pid_t engine)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != engine)
		_exit(1);
}

static void __attribute__((noreturn))
work(int fd, const struct job *job, const struct work_context *context)
{
	struct channel_writer writer = channel_writer(fd);
	cleanup(error_clear) struct error error = {0};

	(void)setpgid(0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	interrupt_reset();
	(void)work_run(job, context, &writer.reporter, &error);
	channel_write_result(&writer, &error);
	_exit(0);
}

int worker_start(struct worker *worker, const struct job *job, const struct work_context *context,
		 struct error *error)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(error, -errno, 0, "Cannot make a pipe");
	pid_t engine = getpid();
	pid_t pid = fork();

	if (pid == 0) {
		die_with(engine);
		(void)close(ends[0]);
		work(ends[1], job, context);
	}
	int code = -errno;

	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return error_errno(error, code, 0, "Cannot start a process");
	}
	(void)setpgid(pid, pid);
	*worker = (struct worker){.pid = pid, .fd = ends[0]};
	return 0;
}

void worker_read(struct worker *worker, struct reporter *reporter)
{
	char chunk[16384];
	ssize_t got = read(worker->fd, chunk, sizeof(chunk));

	if (got > 0) {
		channel_reader_feed(&worker->reader, chunk, (size_t)got, reporter);
		return;
	}
	if (got < 0 && errno == EINTR)
		return;
	(void)close(worker->fd);
	worker->fd = -1;
}

void worker_signal(const struct worker *worker, int number)
{
	if (worker->pid > 0 && kill(-worker->pid, number) < 0)
		(void)kill(worker->pid, number);
}

int worker_finish(struct worker *worker, const struct job *job, struct error *error)
{
	cleanup(error_clear) struct error ignored = {0};
	int status = 0;

	(void)process_wait(worker->pid, &status, &ignored);
	/* A build may leave a daemon behind; its group is still ours to end. */
	(void)kill(-worker->pid, SIGKILL);
	if (worker->reader.has_result) {
		if (worker->reader.result.code)
			(void)error_move(error, &worker->reader.result);
	} else if (status > 128) {
		cleanup(free_string) char *what = job_describe(job);

		(void)error_set(error, -ECHILD, 0,
				"The process that was to %s was killed by signal %d (%s).", what,
				status - 128, strsignal(status - 128));
	} else {
		cleanup(free_string) char *what = job_describe(job);

		(void)error_set(error, -ECHILD, 0,
				"The process that was to %s ended with status %d.", what, status);
	}
	channel_reader_free(&worker->reader);
	*worker = (struct worker){.fd = -1};
	return error->code;
}
