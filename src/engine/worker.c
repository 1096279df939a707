/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/process.h"

/*
 * From a worker to the engine: reports and, last, the result, as records on a pipe. A record is
 * one kind byte, a 32-bit length and that many bytes; both ends are the same program.
 */

#define KIND_RESULT 255

struct header {
	uint8_t kind;
	uint32_t length;
} __attribute__((packed));

/* A write fails if the parent is dead. Then nobody needs the record. */
static void write_record(int fd, uint8_t kind, const void *data, size_t length)
{
	const struct header header = {kind, (uint32_t)length};
	struct buffer record = {0};

	buffer_add(&record, &header, sizeof(header));
	buffer_add(&record, data, length);
	(void)file_write_all(fd, record.data, record.length);
	buffer_free(&record);
}

static void emit_to_channel(struct reporter *reporter, enum report_kind kind, const char *text)
{
	write_record(((struct channel_writer *)reporter)->fd, (uint8_t)kind, text, strlen(text));
}

struct channel_writer channel_writer(int fd)
{
	return (struct channel_writer){.reporter = {emit_to_channel}, .fd = fd};
}

void channel_write_result(struct channel_writer *writer, const struct error *error)
{
	const int32_t numbers[2] = {error->code, error->exit_status};
	struct buffer result = {0};

	buffer_add(&result, numbers, sizeof(numbers));
	buffer_add_text(&result, error->message ? error->message : "");
	write_record(writer->fd, KIND_RESULT, result.data, result.length);
	buffer_free(&result);
}

static void take_result(struct channel_reader *reader, const char *data, size_t length)
{
	int32_t numbers[2];

	if (length < sizeof(numbers) || reader->has_result)
		return;
	memcpy(numbers, data, sizeof(numbers));
	reader->has_result = true;
	if (numbers[0])
		reader->result = (struct error){
			numbers[0], numbers[1],
			xstrndup(data + sizeof(numbers), length - sizeof(numbers))};
}

void channel_reader_feed(struct channel_reader *reader, const char *data, size_t length,
			 struct reporter *reporter)
{
	struct buffer *pending = &reader->pending;
	size_t start = 0;

	buffer_add(pending, data, length);
	for (;;) {
		struct header header;

		if (pending->length - start < sizeof(header))
			break;
		memcpy(&header, pending->data + start, sizeof(header));
		if (pending->length - start - sizeof(header) < header.length)
			break;
		const char *body = pending->data + start + sizeof(header);

		if (header.kind == KIND_RESULT) {
			take_result(reader, body, header.length);
		} else if (header.kind == REPORT_IDLE) {
			reader->is_idle = true;
		} else {
			char *text = xstrndup(body, header.length);

			if (header.kind == REPORT_TAKEN_BACK)
				strv_add(&reader->taken_back, text);
			else
				report_text(reporter, (enum report_kind)header.kind, text);
			free(text);
		}
		start += sizeof(header) + header.length;
	}
	memmove(pending->data, pending->data + start, pending->length - start);
	pending->length -= start;
}

void channel_reader_free(struct channel_reader *reader)
{
	buffer_free(&reader->pending);
	strv_free(&reader->taken_back);
	error_clear(&reader->result);
}

/*
 * Reports that wait for their turn. The reporter keeps what it gets until it is opened onto
 * another one, and passes everything straight through from then on.
 */

/* A script that prints without end must not fill our memory before its turn comes. */
#define OUTPUT_LIMIT (1UL << 20)

struct queued_report {
	struct queued_report *next;
	enum report_kind kind;
	char *text;
};

static void emit_to_queue(struct reporter *reporter, enum report_kind kind, const char *text)
{
	struct report_queue *queue = (struct report_queue *)reporter;

	if (queue->target) {
		report_text(queue->target, kind, text);
		return;
	}
	if (kind == REPORT_OUTPUT) {
		if (queue->kept > OUTPUT_LIMIT)
			return;
		queue->kept += strlen(text);
		if (queue->kept > OUTPUT_LIMIT)
			text = "\n[output cut]\n";
	}
	struct queued_report *item = NEW(struct queued_report);

	*item = (struct queued_report){NULL, kind, xstrdup(text)};
	if (queue->last)
		queue->last->next = item;
	else
		queue->first = item;
	queue->last = item;
}

void report_queue_init(struct report_queue *queue)
{
	*queue = (struct report_queue){.reporter = {emit_to_queue}};
}

static void drain(struct report_queue *queue, struct reporter *target)
{
	while (queue->first) {
		struct queued_report *item = queue->first;

		queue->first = item->next;
		report_text(target, item->kind, item->text);
		free(item->text);
		free(item);
	}
	queue->last = NULL;
}

void report_queue_open(struct report_queue *queue, struct reporter *target)
{
	drain(queue, target);
	queue->target = target;
}

void report_queue_free(struct report_queue *queue)
{
	drain(queue, NULL);
}

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
