/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/deadline.h"

#include <limits.h>
#include <time.h>

static int64_t now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t deadline_after(unsigned int seconds)
{
	return seconds ? now() + seconds * 1000LL : 0;
}

int64_t deadline_after_ms(int milliseconds)
{
	return now() + milliseconds;
}

int deadline_remaining(int64_t deadline)
{
	if (!deadline)
		return -1;
	int64_t left = deadline - now();

	return left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX;
}
