/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/interrupt.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/* A process has one set of signals, so this state is the process's, not a caller's. */
static int signal_fd = -1;
static int first_signal;

static sigset_t watched(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return set;
}

int interrupt_install(struct error *error)
{
	sigset_t set = watched();

	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_errno(error, -errno, 0, "Cannot block signals");
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0)
		return error_errno(error, -errno, 0, "Cannot watch signals");
	return 0;
}

int interrupt_fd(void)
{
	return signal_fd;
}

int interrupt_pending(void)
{
	struct signalfd_siginfo info;

	if (signal_fd >= 0 && read(signal_fd, &info, sizeof(info)) == sizeof(info) && !first_signal)
		first_signal = (int)info.ssi_signo;
	return first_signal;
}

void interrupt_reset(void)
{
	sigset_t set = watched();

	if (signal_fd >= 0)
		(void)close(signal_fd);
	signal_fd = -1;
	first_signal = 0;
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int interrupt_error(struct error *error)
{
	int number = interrupt_pending();

	return error_set(error, -EINTR, 128 + number, "Stopped by signal %d (%s).", number,
			 strsignal(number));
}

int interrupt_poll(struct pollfd *waits, unsigned int count, int64_t deadline)
{
	for (;;) {
		int ready = poll(waits, count, deadline_remaining(deadline));

		if (ready == 0)
			return -ETIMEDOUT;
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready > 0)
			return waits[count - 1].revents && interrupt_pending() ? -EINTR : ready;
	}
}

int64_t deadline_now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t deadline_after(unsigned int seconds)
{
	return seconds ? deadline_now() + seconds * 1000LL : 0;
}

int64_t deadline_after_ms(int milliseconds)
{
	return deadline_now() + milliseconds;
}

int deadline_remaining(int64_t deadline)
{
	if (!deadline)
		return -1;
	int64_t left = deadline - deadline_now();

	return left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX;
}
