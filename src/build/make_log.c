/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/make_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

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

/* As date(1) writes it in the C locale. */
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
