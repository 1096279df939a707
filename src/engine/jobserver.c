/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/jobserver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

/* What fits into any pipe, and is more than any machine can use. */
enum { MOST_SLOTS = 4096 };

static const struct jobserver closed = {.ends = {-1, -1}, .home = {.lock = -1}, .own_end = -1};

/* One end of the pipe with that name; the other end is open, so that opening does not wait. */
static int open_end(const char *fifo, int mode)
{
	int fd = open(fifo, mode | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && fcntl(fd, F_SETFL, 0) == 0)
		return fd;
	close_fd(&fd);
	return -1;
}

/* Whoever gets into the directory may open it: builds run as users of their own. */
static bool make_fifo(const char *path)
{
	return mkfifo(path, 0600) == 0 && chmod(path, 0666) == 0;
}

/* False: it has no name, and nothing is left of the attempt. */
static bool open_by_name(struct jobserver *jobserver, const char *directory)
{
	struct error ignored = {0};

	if (staging_open(directory, "jobserver", &jobserver->home, &ignored) < 0) {
		error_clear(&ignored);
		return false;
	}
	jobserver->fifo = path_join(jobserver->home.path, "slots", NULL);
	if (make_fifo(jobserver->fifo)) {
		jobserver->ends[0] = open_end(jobserver->fifo, O_RDONLY);
		jobserver->ends[1] = open_end(jobserver->fifo, O_WRONLY);
	}
	if (jobserver->ends[0] >= 0 && jobserver->ends[1] >= 0)
		return true;
	jobserver_close(jobserver);
	return false;
}

int jobserver_open(struct jobserver *jobserver, int slots, const char *directory,
		   struct error *error)
{
	*jobserver = closed;
	if (slots > MOST_SLOTS)
		slots = MOST_SLOTS;
	if (!slots)
		return 0;
	if (!(directory && open_by_name(jobserver, directory)) &&
	    pipe2(jobserver->ends, O_CLOEXEC) < 0)
		return error_errno(error, -errno, 0, "Cannot make a pipe");
	jobserver->slots = slots;
	/* makes share an open file and expect reads on it to wait; ours must not. */
	cleanup(free_string) char *path =
		jobserver->fifo ? xstrdup(jobserver->fifo)
				: text_format("/proc/self/fd/%d", jobserver->ends[0]);

	jobserver->own_end = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (jobserver->own_end < 0)
		return error_errno(error, -errno, 0, "Cannot open %s", path);
	jobserver_refill(jobserver);
	return 0;
}

bool jobserver_take(struct jobserver *jobserver)
{
	char slot;

	return !jobserver->slots || read(jobserver->own_end, &slot, 1) == 1;
}

void jobserver_give_back(struct jobserver *jobserver)
{
	if (!jobserver->slots)
		return;
	while (write(jobserver->ends[1], "+", 1) < 0 && errno == EINTR)
		;
}

void jobserver_refill(struct jobserver *jobserver)
{
	if (!jobserver->slots)
		return;
	while (jobserver_take(jobserver))
		;
	for (int i = 0; i < jobserver->slots; i++)
		jobserver_give_back(jobserver);
}

void jobserver_close(struct jobserver *jobserver)
{
	close_fd(&jobserver->ends[0]);
	close_fd(&jobserver->ends[1]);
	close_fd(&jobserver->own_end);
	free(jobserver->fifo);
	staging_close(&jobserver->home);
	*jobserver = closed;
}
