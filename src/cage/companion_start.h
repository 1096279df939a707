/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a companion starts. Private to cage/companion.c. */
#pragma once

#include "cage/companion.h"

/* The program's ends, all close-on-exec. */
struct companion_ends {
	int question, bell, answer, status, messages;
};

/* The child says on messages why it could not be confined, and ends. Returns 0 or a negative errno.
 */
int companion_fork(const struct companion_request *request, const struct companion_ends *ends,
		   pid_t *ret_pid);
