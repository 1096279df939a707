/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/surroundings.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * What a caller has closed would else be the number of some file, and get what is printed. Without
 * /dev/null, what is printed is an error to whoever prints it.
 */
static void open_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			(void)open("/", O_PATH | O_DIRECTORY);
}

/* A stranger's command must not find what the caller happened to have open. */
static void keep_descriptors(void)
{
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	long limit = sysconf(_SC_OPEN_MAX); /* before Linux 5.11 */

	for (int fd = STDERR_FILENO + 1; fd < limit && fd < 65536; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void reset_signal(int number)
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) < 0 || action.sa_handler != SIG_IGN)
		return;
	switch (number) {
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGTERM:
		return;
	default:
		(void)signal(number, SIG_DFL);
	}
}

void surroundings_settle(void)
{
	sigset_t none;

	open_streams();
	keep_descriptors();
	for (int number = 1; number < NSIG; number++)
		reset_signal(number);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)umask(022);
	(void)unsetenv("POSIXLY_CORRECT");
}
