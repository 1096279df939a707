/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deadlines for poll(), in milliseconds of a clock that nobody sets. 0 is none. */
#pragma once

#include <stdint.h>

/* The time of that clock. */
int64_t deadline_now(void);

/* So many seconds from now; 0 for 0. */
int64_t deadline_after(unsigned int seconds);
int64_t deadline_after_ms(int milliseconds);
/* Milliseconds that are left, at least 0; -1 without a deadline. */
int deadline_remaining(int64_t deadline);
