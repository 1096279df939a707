/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/jobserver.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

int jobserver_open(struct jobserver *jobserver, int slots, struct error *error)
{
	*jobserver = (struct jobserver){{-1, -1}, -1, slots};
	if (!slots)
		return 0;
	if (pipe2(jobserver->ends, O_CLOEXEC) < 0)
		return error_errno(error, -errno, 0, "Cannot make a pipe");
	/* makes share an open file and expect reads on it to wait; ours must not. */
	cleanup(free_string) char *path = text_format("/proc/self/fd/%d", jobserver->ends[0]);

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
	*jobserver = (struct jobserver){{-1, -1}, -1, 0};
}
