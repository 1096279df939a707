/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/companion.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/process.h"
#include "cage/confine.h"
#include "cage/mounts.h"

/* The program's ends, all close-on-exec. */
struct companion_ends {
	int question, bell, answer, status, messages;
};

/* How a companion starts. Private to cage/companion.c. */

/* Where the program finds its descriptors, as in companion.h. */
enum { QUESTION = 10, ANSWER = 11, STATUS = 12, ENDS = 3 };

static const struct confine_limits limits = {
	.memory = (size_t)1 << 30,
	.seconds = 60,
	.file_size = 16 << 20,
	.files = 256,
};

enum { PROCESSES = 128 };

/* This system never lets dkms do it, so this is no passing failure. */
static bool is_impossible(int code)
{
	return code == -EPERM || code == -ENOSYS || code == -EINVAL || code == -ENOSPC;
}

/* Moves the descriptors to their numbers. First they go above all of these, so that none overwrites
 * another. */
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
	/* The limit counts all processes of a user, so it works only for an id of its own. */
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

/* The child says on messages why it could not be confined, and ends. Returns 0 or a negative errno.
 */
static int companion_fork(const struct companion_request *request,
			  const struct companion_ends *ends, pid_t *ret_pid)
{
	bool own_processes = geteuid() == 0;
	int code = calls_prepare(CONFINE_RUNS);

	if (code < 0)
		return code;
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

enum { MESSAGES_LIMIT = 1024 * 1024, STATUS_LIMIT = 16 };

struct companion {
	char *purpose;
	pid_t pid;
	int question_fd; /* memory */
	int bell_fd, answer_fd, status_fd, messages_fd;
};

static int fail(const struct companion *companion, int code, struct error *error)
{
	return error_errno(error, code, 0, "Cannot start the process for %s", companion->purpose);
}

/* Memory that the program may read, under another open file. */
static int make_question(int *ret_fd)
{
	int fd = memfd_create("dkms-question", MFD_CLOEXEC);

	if (fd < 0 || fchmod(fd, 0444) < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int make_pipe(int *ret_read, int *ret_write)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*ret_read = ends[0];
	*ret_write = ends[1];
	return 0;
}

/* A socket: ringing at a dead program's is an error and no signal. */
static int make_bell(int *ret_read, int *ret_write)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*ret_read = ends[0];
	*ret_write = ends[1];
	return 0;
}

/* The parent must never wait while it reads. */
static int set_nonblocking(int fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int open_all(struct companion *companion, struct companion_ends *ends)
{
	int code = make_question(&companion->question_fd);

	ends->question = companion->question_fd;
	if (!code)
		code = make_bell(&ends->bell, &companion->bell_fd);
	if (!code)
		code = make_pipe(&companion->answer_fd, &ends->answer);
	if (!code)
		code = make_pipe(&companion->status_fd, &ends->status);
	if (!code)
		code = make_pipe(&companion->messages_fd, &ends->messages);
	if (!code)
		code = set_nonblocking(companion->answer_fd);
	if (!code)
		code = set_nonblocking(companion->status_fd);
	return code ? code : set_nonblocking(companion->messages_fd);
}

int companion_start(const struct companion_request *request, struct companion **ret,
		    struct error *error)
{
	cleanup(companion_end_handler) struct companion *companion = NEW(struct companion);
	struct companion_ends ends = {-1, -1, -1, -1, -1};

	*companion = (struct companion){xstrdup(request->purpose), -1, -1, -1, -1, -1, -1};
	int code = open_all(companion, &ends);

	if (!code)
		code = companion_fork(request, &ends, &companion->pid);
	close_fd(&ends.bell);
	close_fd(&ends.answer);
	close_fd(&ends.status);
	close_fd(&ends.messages);
	if (code < 0)
		return fail(companion, code, error);
	*ret = TAKE(companion);
	return 0;
}

/* Puts the question where the program finds it, and rings. */
static int put_question(const struct companion *companion, const char *question, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t put = pwrite(companion->question_fd, question + done, length - done,
				     (off_t)done);

		if (put < 0 && errno != EINTR)
			return -errno;
		done += put > 0 ? (size_t)put : 0;
	}
	if (ftruncate(companion->question_fd, (off_t)length) < 0)
		return -errno;
	return send(companion->bell_fd, "\n", 1, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Takes all that has come: 1; 0 at the end; -EFBIG past limit. */
static int take(int fd, struct buffer *buffer, size_t limit)
{
	char chunk[65536];

	for (;;) {
		ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got == 0)
			return 0;
		if (got < 0 && errno == EAGAIN)
			return 1;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0 && buffer->length + (size_t)got > limit)
			return -EFBIG;
		if (got > 0)
			buffer_add(buffer, chunk, (size_t)got);
	}
}

/* Takes what there is on all three; 1 as soon as the status is complete. */
static int take_all(const struct companion *companion, struct companion_reply *reply,
		    struct buffer *status, size_t limit)
{
	int alive = take(companion->status_fd, status, STATUS_LIMIT);
	int answer = take(companion->answer_fd, &reply->answer, limit);
	int messages = take(companion->messages_fd, &reply->messages, MESSAGES_LIMIT);

	if (answer < 0 || messages < 0)
		return answer < 0 ? answer : messages;
	if (status->length && status->data[status->length - 1] == '\n')
		return 1;
	return alive < 0 ? alive : alive == 0 ? -EPIPE : 0;
}

/* 0 when the answer is complete, -ETIMEDOUT, -EINTR when asked to stop, -EPIPE at its death … */
static int listen_to(const struct companion *companion, unsigned int seconds, size_t limit,
		     struct companion_reply *reply)
{
	cleanup(buffer_free) struct buffer status = {0};
	int64_t deadline = deadline_after(seconds);
	struct pollfd waits[] = {{.fd = companion->status_fd, .events = POLLIN},
				 {.fd = companion->answer_fd, .events = POLLIN},
				 {.fd = companion->messages_fd, .events = POLLIN},
				 {.fd = interrupt_fd(), .events = POLLIN}};

	for (int done = 0; !done;) {
		int ready = interrupt_poll(waits, 4, deadline);

		if (ready < 0)
			return ready;
		done = take_all(companion, reply, &status, limit);
		if (done < 0)
			return done;
	}
	reply->status = atoi(status.data);
	return 0;
}

static int end(struct companion *companion)
{
	int status = process_end(companion->pid);

	companion->pid = -1;
	return status;
}

static int explain(struct companion *companion, int code, unsigned int seconds,
		   const struct companion_reply *reply, struct error *error)
{
	const char *purpose = companion->purpose;
	int status = end(companion);

	if (code != -EPIPE)
		return confine_explain(purpose, code, seconds, error);
	cleanup(free_string) char *said = text_printable(
		reply->messages.data ? reply->messages.data : "", 1024);

	(void)error_set(error, code, 0, "The process for %s died (%s).", purpose,
			WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "without an answer");
	return *said ? error_hint(error, "It said: %s", said) : error->code;
}

int companion_ask(struct companion *companion, const void *question, size_t length,
		  unsigned int seconds, size_t limit, struct companion_reply *ret,
		  struct error *error)
{
	struct companion_reply reply = {0};
	int code = -EPIPE;

	/* The last words of an ended program are no answer to this question. */
	if (companion->pid > 0) {
		code = put_question(companion, question, length);
		if (!code || code == -EPIPE)
			code = listen_to(companion, seconds, limit, &reply);
	}
	if (code < 0) {
		(void)explain(companion, code, seconds, &reply, error);
		companion_reply_free(&reply);
		return error->code;
	}
	*ret = reply;
	return 0;
}

void companion_reply_free(struct companion_reply *reply)
{
	buffer_free(&reply->answer);
	buffer_free(&reply->messages);
	*reply = (struct companion_reply){0};
}

void companion_end(struct companion *companion)
{
	(void)end(companion);
	close_fd(&companion->question_fd);
	close_fd(&companion->bell_fd);
	close_fd(&companion->answer_fd);
	close_fd(&companion->status_fd);
	close_fd(&companion->messages_fd);
	free(companion->purpose);
	free(companion);
}
