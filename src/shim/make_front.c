/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make-front: stands first on a build's PATH as make. It starts the next make with everything
 * unchanged, argv[0] too, so that $(MAKE) comes by here again. A make would ignore the jobserver
 * of all builds if its arguments say -j64, or if it was not told of one. Only then the front
 * removes -j and, if needed, puts the jobserver into MAKEFLAGS. -j1 stays.
 *
 * If it does not understand the call, or fails itself, it starts make with the same arguments.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/compiler.h"
#include "shim/fronts.h"
#include "shim/make_arguments.h"

enum { NOT_FOUND = 127, NOT_STARTED = 126 };

static bool is_fifo(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISFIFO(info.st_mode) && access(path, R_OK | W_OK) == 0;
}

/* The two ends of one pipe: others may have got the numbers of a pipe that was closed. */
static bool is_pipe(const int ends[2])
{
	struct stat infos[2];

	for (int i = 0; i < 2; i++)
		if (fstat(ends[i], &infos[i]) < 0 || !S_ISFIFO(infos[i].st_mode))
			return false;
	return infos[0].st_dev == infos[1].st_dev && infos[0].st_ino == infos[1].st_ino &&
	       (fcntl(ends[0], F_GETFL) & O_ACCMODE) != O_WRONLY &&
	       (fcntl(ends[1], F_GETFL) & O_ACCMODE) != O_RDONLY;
}

static bool is_usable(const char *jobserver)
{
	int ends[2], length = 0;

	if (strncmp(jobserver, "fifo:", strlen("fifo:")) == 0)
		return is_fifo(jobserver + strlen("fifo:"));
	return sscanf(jobserver, "%d,%d%n", &ends[0], &ends[1], &length) == 2 &&
	       !jobserver[length] && is_pipe(ends);
}

/* makes expect that reading waits; opening must not. */
static int open_end(int mode)
{
	int fd = open(FRONT_JOBSERVER, mode | O_NONBLOCK);

	if (fd >= 0)
		(void)fcntl(fd, F_SETFL, 0);
	return fd;
}

/* Lets make inherit the jobserver of all builds. */
static bool attach(const struct make_flags *flags, const struct make_jobs *jobs)
{
	int ends[2] = {open_end(O_RDONLY), -1};
	char *text = NULL;

	if (ends[0] < 0)
		return false;
	ends[1] = open_end(O_WRONLY);
	if (ends[1] >= 0)
		text = make_flags_with_jobserver(flags, jobs, ends);
	if (text && setenv("MAKEFLAGS", text, 1) == 0)
		return true;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return false;
}

static void share_jobserver(char **argv)
{
	const char *makeflags = getenv("MAKEFLAGS");
	struct make_jobs jobs = make_arguments_read(argv);
	struct make_flags flags;

	if (!make_flags_read(makeflags ? makeflags : "", &flags))
		return;
	if (jobs.kind == MAKE_JOBS_UNSAID && !flags.jobserver)
		jobs = flags.jobs;
	if (jobs.kind == MAKE_JOBS_SEVERAL &&
	    ((flags.jobserver && is_usable(flags.jobserver)) || attach(&flags, &jobs)))
		make_arguments_drop_jobs(argv);
	make_flags_free(&flags);
}

int main(int argc, char **argv)
{
	struct behind front;

	if (argc < 1 || !behind_find(&front)) {
		(void)fprintf(stderr, "%s: not found\n", argc < 1 ? "make" : argv[0]);
		return NOT_FOUND;
	}
	/* One that starts itself anew was here before. */
	if (!getenv("MAKE_RESTARTS"))
		share_jobserver(argv);
	(void)execv(front.program, argv);
	(void)fprintf(stderr, "%s: %s\n", front.program, strerror(errno));
	return NOT_STARTED;
}
