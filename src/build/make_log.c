/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/make_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/report.h"
#include "base/memory.h"
#include "base/text.h"

/*
 * A process between a command and make.log. It writes what comes through a pipe. Of a very long
 * output it keeps the beginning and the end, so that no command can fill the disk.
 *
 *	log_relay_start(log, &relay, &error)
 *	run the command with relay.input as stdout and stderr
 *	log_relay_finish(&relay, &error)	in any case; the log has it all then
 */

enum { CHUNK = 65536 };

/* The output so far; the ring is made when the beginning is full. */
struct output {
	int fd;
	struct glimpse *glimpse;
	int code; /* of the first write that failed */
	long written;
	char *ring;
	long long kept; /* went through the ring; the last LOG_END bytes of it are there */
};

static void write_out(struct output *output, const char *data, size_t length)
{
	if (!output->code)
		output->code = file_write_all(output->fd, data, length);
}

static void keep(struct output *output, const char *data, size_t length)
{
	if (!output->ring)
		output->ring = xcalloc(LOG_END, 1);
	while (length) {
		size_t at = (size_t)(output->kept % LOG_END);
		size_t part = LOG_END - at < length ? LOG_END - at : length;

		memcpy(output->ring + at, data, part);
		output->kept += (long long)part;
		data += part;
		length -= part;
	}
}

static void take(struct output *output, const char *data, size_t length)
{
	size_t room = (size_t)(LOG_BEGINNING - output->written);
	size_t part = length < room ? length : room;

	glimpse_take(output->glimpse, data, length);
	write_out(output, data, part);
	output->written += (long)part;
	if (part < length)
		keep(output, data + part, length - part);
}

static void finish(struct output *output)
{
	size_t at = (size_t)(output->kept % LOG_END);

	if (output->kept > LOG_END) {
		cleanup(free_string) char *note = text_format(
			"\n# ... %lld bytes are left out here ...\n", output->kept - LOG_END);

		write_out(output, note, strlen(note));
	}
	if (output->kept >= LOG_END)
		write_out(output, output->ring + at, LOG_END - at);
	if (output->ring)
		write_out(output, output->ring, at);
	free(output->ring);
}

/*
 * Ends when nobody can write any more, or when the command has ended and all it wrote is read.
 * Processes that it left behind may write for ever.
 */
static void relay_all(struct output *output, int from, int running)
{
	struct pollfd waits[] = {{.fd = from, .events = POLLIN}, {.fd = running}};
	char chunk[CHUNK];

	for (;;) {
		int ready = poll(waits, 2, -1);

		if (ready < 0 && errno != EINTR)
			return;
		if (ready < 0)
			continue;
		if (!(waits[0].revents & POLLIN)) {
			if (waits[0].revents || waits[1].revents)
				return;
			continue;
		}
		ssize_t got = read(from, chunk, sizeof(chunk));

		if (got == 0 || (got < 0 && errno != EINTR))
			return;
		if (got > 0)
			take(output, chunk, (size_t)got);
	}
}

static void __attribute__((noreturn)) be_relay(const struct make_log *log, int from, int running)
{
	struct output output = {.fd = log->fd, .glimpse = log->glimpse};

	relay_all(&output, from, running);
	finish(&output);
	_exit(output.code ? -output.code & 0xff : 0);
}

int log_relay_start(const struct make_log *log, struct log_relay *relay, struct error *error)
{
	int output[2], running[2];

	if (pipe2(output, O_CLOEXEC) < 0)
		return error_errno(error, -errno, 0, "Cannot make a pipe");
	cleanup(close_fd) int from = output[0];
	cleanup(close_fd) int input = output[1];

	if (pipe2(running, O_CLOEXEC) < 0)
		return error_errno(error, -errno, 0, "Cannot make a pipe");
	cleanup(close_fd) int watched = running[0];
	cleanup(close_fd) int held = running[1];
	pid_t pid = fork();

	if (pid < 0)
		return error_errno(error, -errno, 0, "Cannot start a process");
	if (pid == 0) {
		close_fd(&input);
		close_fd(&held);
		be_relay(log, from, watched);
	}
	*relay = (struct log_relay){pid, TAKE_FD(input), TAKE_FD(held), log};
	return 0;
}

int log_relay_finish(struct log_relay *relay, struct error *error)
{
	int status;

	close_fd(&relay->input);
	close_fd(&relay->running);
	while (waitpid(relay->pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_errno(error, -errno, 0, "Cannot wait for a process");
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return error_errno(error, WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO, 0,
			   "Cannot write %s", relay->log->shown_path);
}

static const char rule[] = "----------------------------------------------------------------";

static time_t monotonic_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static int put(struct make_log *log, const char *text, struct error *error)
{
	int code = file_write_all(log->fd, text, strlen(text));

	if (code < 0)
		return error_errno(error, code, 0, "Cannot write %s", log->shown_path);
	return 0;
}

/* Writes the date like date(1) in the C locale. */
static void date_text(char *text, size_t size)
{
	time_t now = time(NULL);
	struct tm broken_down;

	if (!localtime_r(&now, &broken_down) ||
	    strftime(text, size, "%a %b %e %H:%M:%S %Z %Y", &broken_down) == 0)
		*text = '\0';
}

int make_log_open(const char *path, const char *shown_path, const struct module_id *id,
		  const struct kernel_id *kernel, struct make_log **ret_log, struct error *error)
{
	cleanup(make_log_close_handler) struct make_log *log = NEW(struct make_log);
	char date[64];

	log->shown_path = xstrdup(shown_path);
	/* Read as well, to see how a command's output ended. */
	log->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (log->fd < 0 || fchmod(log->fd, 0644) < 0)
		return error_errno(error, -errno, 0, "Cannot write %s", shown_path);
	date_text(date, sizeof(date));
	cleanup(free_string) char *header = text_format(
		"DKMS (dkms-%s) make.log for %s/%s for kernel %s (%s)\n%s\n", DKMS_VERSION,
		id->name, id->version, kernel->release, kernel->arch, date);

	if (put(log, header, error) < 0)
		return error->code;
	*ret_log = TAKE(log);
	return 0;
}

void make_log_close(struct make_log *log)
{
	close_fd(&log->fd);
	free(log->shown_path);
	free(log);
}

int make_log_note(struct make_log *log, const char *note, struct error *error)
{
	cleanup(free_string) char *line = text_format("\n# %s\n", note);

	return put(log, line, error);
}

int make_log_begin(struct make_log *log, const char *description, const char *command,
		   struct error *error)
{
	cleanup(free_string) char *head = text_format("\n%s\n# command: %s\n", description,
						      command);

	log->started = monotonic_seconds();
	return put(log, head, error);
}

static bool ends_with_newline(const struct make_log *log)
{
	struct stat info;
	char last = '\n';

	if (fstat(log->fd, &info) < 0 || info.st_size == 0)
		return true;
	return pread(log->fd, &last, 1, info.st_size - 1) != 1 || last == '\n';
}

int make_log_end(struct make_log *log, int status, struct error *error)
{
	int64_t seconds = monotonic_seconds() - log->started;
	cleanup(free_string) char *tail = text_format(
		"%s# exit code: %d\n# elapsed time: %02" PRId64 ":%02" PRId64 ":%02" PRId64
		"\n%s\n",
		ends_with_newline(log) ? "" : "\n", status, seconds / 3600, seconds / 60 % 60,
		seconds % 60, rule);

	return put(log, tail, error);
}
