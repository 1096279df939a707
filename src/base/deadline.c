/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/deadline.h"

#include <limits.h>
#include <time.h>

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
