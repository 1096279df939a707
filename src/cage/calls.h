/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks system calls that a confined process does not need: a filter in the kernel, for the
 * process and all its descendants. Making a filter takes as long as starting a process. So a
 * process makes each once, and the processes that it starts have it already.
 */
#pragma once

#include "cage/calls_rules.h"

/*
 * Makes the filter, unless this process or one above it has made it; to be called before the fork.
 * Returns 0 or a negative errno.
 */
int calls_prepare(enum confine_calls calls);

/*
 * From now on, for this process and its descendants. Without rights it must have given up new ones
 * (PR_SET_NO_NEW_PRIVS). Returns 0 or a negative errno.
 */
int calls_restrict(enum confine_calls calls);
