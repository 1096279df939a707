/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/process.h"
#include "cage/confine.h"

/*
 * The answer of a confined worker (cage/worker.h): a sequence of typed values. The worker puts
 * them, its parent takes them in the same order. Nothing in an answer is trusted: each value is
 * taken with its type and the size that it may have. A value that does not fit is -EPROTO.
 */

enum value_type { VALUE_NUMBER = 'n', VALUE_TEXT = 't', VALUE_NO_TEXT = '0', VALUE_BYTES = 'b' };

static void put(struct answer *answer, enum value_type type, const void *bytes, size_t length)
{
	uint64_t size = length;

	buffer_add_char(&answer->bytes, (char)type);
	buffer_add(&answer->bytes, &size, sizeof(size));
	buffer_add(&answer->bytes, bytes, length);
}

void answer_put_number(struct answer *answer, uint64_t number)
{
	put(answer, VALUE_NUMBER, &number, sizeof(number));
}

void answer_put_text(struct answer *answer, const char *text)
{
	put(answer, text ? VALUE_TEXT : VALUE_NO_TEXT, text, text ? strlen(text) : 0);
}

void answer_put_bytes(struct answer *answer, const void *bytes, size_t length)
{
	put(answer, VALUE_BYTES, bytes, length);
}

static size_t left(const struct answer *answer)
{
	return answer->bytes.length - answer->position;
}

/* The next value's type and bytes, which stay in the answer; moves behind it. */
static int take(struct answer *answer, char *ret_type, const char **ret_bytes, uint64_t *ret_size)
{
	const char *start = answer->bytes.data + answer->position;
	uint64_t size;

	if (left(answer) < 1 + sizeof(size))
		return -EPROTO;
	memcpy(&size, start + 1, sizeof(size));
	if (size > left(answer) - 1 - sizeof(size))
		return -EPROTO;
	*ret_type = *start;
	*ret_bytes = start + 1 + sizeof(size);
	*ret_size = size;
	answer->position += 1 + sizeof(size) + (size_t)size;
	return 0;
}

int answer_number(struct answer *answer, uint64_t *ret_number)
{
	const char *bytes;
	uint64_t size;
	char type;

	if (take(answer, &type, &bytes, &size) < 0 || type != VALUE_NUMBER ||
	    size != sizeof(*ret_number))
		return -EPROTO;
	memcpy(ret_number, bytes, sizeof(*ret_number));
	return 0;
}

int answer_text(struct answer *answer, char **ret_text, size_t limit)
{
	const char *bytes;
	uint64_t size;
	char type;

	if (take(answer, &type, &bytes, &size) < 0)
		return -EPROTO;
	if (type == VALUE_NO_TEXT && !size) {
		*ret_text = NULL;
		return 0;
	}
	if (type != VALUE_TEXT || size > limit || memchr(bytes, '\0', (size_t)size))
		return -EPROTO;
	*ret_text = xstrndup(bytes, (size_t)size);
	return 0;
}

int answer_bytes(struct answer *answer, char **ret_bytes, size_t *ret_length, size_t limit)
{
	const char *bytes;
	uint64_t size;
	char type;

	if (take(answer, &type, &bytes, &size) < 0 || type != VALUE_BYTES || size > limit)
		return -EPROTO;
	*ret_bytes = xcalloc((size_t)size + 1, 1);
	memcpy(*ret_bytes, bytes, (size_t)size);
	*ret_length = (size_t)size;
	return 0;
}

int answer_end(const struct answer *answer)
{
	return left(answer) ? -EPROTO : 0;
}

void answer_free(struct answer *answer)
{
	buffer_free(&answer->bytes);
	*answer = (struct answer){0};
}

enum {
	DEFAULT_SECONDS = 60,
	DEFAULT_ANSWER_LIMIT = 1024 * 1024,
	OPEN_FILES = 256,
	MESSAGES_LIMIT = 1024 * 1024, /* that a worker may print */
	MESSAGES_SHOWN = 1024,
	ERROR_TEXT_LIMIT = 4096,
	MAX_ERRNO = 4095,
	TICK_MS = 250,
};

#define DEFAULT_MEMORY ((size_t)2 << 30)

/* Before the bytes of an answer, or of an error's message. */
struct header {
	uint32_t magic;
	int32_t code; /* 0: an answer follows */
	int32_t exit_status;
	uint32_t unused;
	uint64_t length;
};

enum { HEADER_MAGIC = 0x646b6d73 };

static unsigned int seconds_of(const struct worker *worker)
{
	return worker->seconds ? worker->seconds : DEFAULT_SECONDS;
}

static size_t limit_of(const struct worker *worker)
{
	size_t limit = worker->answer_limit ? worker->answer_limit : DEFAULT_ANSWER_LIMIT;

	return limit > ERROR_TEXT_LIMIT ? limit : ERROR_TEXT_LIMIT;
}

/* In the child: stdin and stdout lead nowhere, stderr to the parent; the rest is closed. */
static int arrange_descriptors(const struct worker *worker, int answer_fd, int messages_fd)
{
	cleanup(free_string) int *kept = xcalloc(worker->fd_count + 1, sizeof(*kept));
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(messages_fd, STDERR_FILENO) < 0)
		return -errno;
	for (size_t i = 0; i < worker->fd_count; i++)
		kept[i] = worker->fds[i];
	kept[worker->fd_count] = answer_fd;
	return confine_descriptors(kept, worker->fd_count + 1);
}

static enum confine_calls calls_of(const struct worker *worker)
{
	return worker->network        ? CONFINE_TALKS
	       : worker->writes_files ? CONFINE_WRITES
	       : worker->opens_files  ? CONFINE_READS
				      : CONFINE_COMPUTES;
}

static int confine(const struct worker *worker, int answer_fd, int messages_fd, struct error *error)
{
	const struct confine_limits limits = {
		.memory = worker->memory ? worker->memory : DEFAULT_MEMORY,
		.seconds = seconds_of(worker),
		.file_size = worker->file_size,
		/* A thread asks for addresses. Its calls let no process be made. */
		.processes = worker->network ? UINT_MAX : 0,
		.files = OPEN_FILES,
	};
	int code = arrange_descriptors(worker, answer_fd, messages_fd);

	if (code < 0)
		return error_errno(error, code, 0, "descriptors");
	if (confine_resources(&limits, error) < 0)
		return error->code;
	return confine_rights(worker->id, calls_of(worker), error);
}

static void send_answer(int fd, const struct answer *answer, const struct error *error)
{
	const char *bytes = error->code ? error->message : answer->bytes.data;
	struct header header = {
		.magic = HEADER_MAGIC,
		.code = error->code,
		.exit_status = error->exit_status,
		.length = error->code ? strnlen(error->message, ERROR_TEXT_LIMIT)
				      : answer->bytes.length,
	};

	if (file_write_all(fd, &header, sizeof(header)) == 0 && header.length)
		(void)file_write_all(fd, bytes, header.length);
}

static void __attribute__((noreturn))
be_worker(const struct worker *worker, pid_t parent, int answer_fd, int messages_fd)
{
	struct answer answer = {0};
	struct error error = {0};
	int code;

	process_reset_signals();
	if (confine(worker, answer_fd, messages_fd, &error) < 0) {
		(void)error_wrap(&error, "The process for %s cannot be confined", worker->purpose);
	} else if (getppid() != parent) {
		_exit(0); /* it died before that could be noticed */
	} else {
		code = worker->work(worker->context, &answer, &error);
		if (code < 0 && !error.code)
			(void)error_errno(&error, code, 0, "%s", worker->purpose);
	}
	send_answer(answer_fd, &answer, &error);
	_exit(0);
}

/* A worker as its parent sees it. */
struct talk {
	const struct worker *worker;
	pid_t pid;
	int answer_fd, messages_fd;
	struct buffer answer;
	char messages[MESSAGES_SHOWN + 1];
	size_t message_bytes;
};

static int start(struct talk *talk, struct error *error)
{
	pid_t parent = getpid();
	int answer[2] = {-1, -1}, messages[2] = {-1, -1};
	int code = calls_prepare(calls_of(talk->worker));

	if (code < 0)
		return error_errno(error, code, 0,
				   "The process for %s cannot be confined: system calls",
				   talk->worker->purpose);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, answer) < 0 ||
	    pipe2(messages, O_CLOEXEC) < 0)
		code = -errno;
	talk->answer_fd = answer[0];
	talk->messages_fd = messages[0];
	talk->pid = code ? -1 : fork();
	if (talk->pid == 0)
		be_worker(talk->worker, parent, answer[1], messages[1]);
	if (!code && talk->pid < 0)
		code = -errno;
	close_fd(&answer[1]);
	close_fd(&messages[1]);
	return code ? error_errno(error, code, 0, "Cannot start the process for %s",
				  talk->worker->purpose)
		    : 0;
}

/* Takes what has come on the answer's socket: 1, 0 at its end, negative errno. */
static int take_answer(struct talk *talk)
{
	char chunk[65536];
	ssize_t got = read(talk->answer_fd, chunk, sizeof(chunk));

	if (got < 0)
		return errno == EINTR ? 1 : errno == ECONNRESET ? 0 : -errno;
	if (talk->answer.length + (size_t)got > limit_of(talk->worker) + sizeof(struct header))
		return -EFBIG;
	buffer_add(&talk->answer, chunk, (size_t)got);
	return got > 0;
}

/* Takes what has come on stderr, of which the beginning is kept. */
static int take_messages(struct talk *talk, struct pollfd *wait)
{
	char chunk[16384];
	ssize_t got = read(talk->messages_fd, chunk, sizeof(chunk));

	if (got < 0)
		return errno == EINTR ? 0 : -errno;
	if (got == 0)
		wait->fd = -1;
	for (ssize_t i = 0; i < got && talk->message_bytes + (size_t)i < MESSAGES_SHOWN; i++)
		talk->messages[talk->message_bytes + (size_t)i] = chunk[i];
	talk->message_bytes += (size_t)got;
	return talk->message_bytes > MESSAGES_LIMIT ? -EFBIG : 0;
}

/* interrupt_poll() that lets who watches see the time go by. */
static int wait_for(const struct worker *worker, struct pollfd *waits, unsigned int count,
		    int64_t deadline)
{
	for (;;) {
		int64_t tick = deadline_after_ms(TICK_MS);
		bool ticks = worker->tick && tick < deadline;
		int ready = interrupt_poll(waits, count, ticks ? tick : deadline);

		if (!ticks || ready != -ETIMEDOUT)
			return ready;
		worker->tick(worker->tick_context);
	}
}

/* Until the worker has closed its end: 0, -ETIMEDOUT, -EINTR when asked to stop, -EFBIG … */
static int listen_to(struct talk *talk)
{
	int64_t deadline = deadline_after(seconds_of(talk->worker));
	struct pollfd waits[] = {{.fd = talk->answer_fd, .events = POLLIN},
				 {.fd = talk->messages_fd, .events = POLLIN},
				 {.fd = interrupt_fd(), .events = POLLIN}};

	for (int code = 1; code > 0;) {
		int ready = wait_for(talk->worker, waits, 3, deadline);

		if (ready < 0)
			return ready;
		if (waits[1].revents) {
			int taken = take_messages(talk, &waits[1]);

			if (taken < 0)
				return taken;
		}
		if (waits[0].revents)
			code = take_answer(talk);
		if (code <= 0)
			return code;
	}
	return 0;
}

static void show_messages(const struct talk *talk, struct error *error)
{
	cleanup(free_string) char *shown = text_printable(talk->messages, MESSAGES_SHOWN);

	if (talk->message_bytes)
		(void)error_hint(error, "It said: %s", shown);
}

int worker_nonsense(const struct worker *worker, struct error *error)
{
	return error_set(error, -EPROTO, 0, "The process for %s answered nonsense.",
			 worker->purpose);
}

/* The worker's own error, as far as it can be one. */
static int take_error(const struct talk *talk, const struct header *header, struct error *error)
{
	cleanup(free_string) char *text = xstrndup(talk->answer.data + sizeof(*header),
						   header->length);

	if (header->code >= 0 || header->code < -MAX_ERRNO || header->exit_status < 0 ||
	    header->exit_status > UINT8_MAX)
		return worker_nonsense(talk->worker, error);
	return error_set(error, header->code, header->exit_status, "%s", text);
}

static int judge(struct talk *talk, int status, struct answer *ret_answer, struct error *error)
{
	struct header header = {0};

	if (talk->answer.length >= sizeof(header))
		memcpy(&header, talk->answer.data, sizeof(header));
	if (talk->answer.length < sizeof(header) ||
	    (header.magic == HEADER_MAGIC &&
	     header.length > talk->answer.length - sizeof(header))) {
		(void)error_set(
			error, -EPIPE, 0, "The process for %s died (%s).", talk->worker->purpose,
			WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "without an answer");
		show_messages(talk, error);
		return error->code;
	}
	if (header.magic != HEADER_MAGIC || header.length != talk->answer.length - sizeof(header))
		return worker_nonsense(talk->worker, error);
	if (header.code)
		return take_error(talk, &header, error);
	*ret_answer = (struct answer){.bytes = talk->answer, .position = sizeof(header)};
	talk->answer = (struct buffer){0};
	return 0;
}

int worker_run(const struct worker *worker, struct answer *ret_answer, struct error *error)
{
	struct talk talk = {.worker = worker, .pid = -1};
	int code = start(&talk, error);

	if (!code) {
		code = listen_to(&talk);
		/* Whatever it still does is over. */
		int status = process_end(talk.pid);

		code = code < 0 ? confine_explain(talk.worker->purpose, code,
						  seconds_of(talk.worker), error)
				: judge(&talk, status, ret_answer, error);
	}
	close_fd(&talk.answer_fd);
	close_fd(&talk.messages_fd);
	buffer_free(&talk.answer);
	return code;
}

int worker_lend(int directory, uid_t *ret_id)
{
	enum { ID_IN_CONTAINERS = 64999 }; /* where the ids of builds are missing */
	const uid_t ids[] = {ids_for_build(ids_choose_first()), ID_IN_CONTAINERS};

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		if (fchown(directory, ids[i], (gid_t)ids[i]) == 0) {
			*ret_id = ids[i];
			return 0;
		}
		if (errno != EINVAL) /* that there is no such id here */
			return -errno;
	}
	return 0;
}

int worker_become(uid_t id)
{
	return ids_become(id);
}
