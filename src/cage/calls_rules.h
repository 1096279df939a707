/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which system calls a confined process has, as rules of libseccomp. */
#pragma once

#include <seccomp.h>

#include "cage/calls.h"

/* Stands in the rules for the process's own id. No process has it: ids end at 4194304. */
#define CALLS_OWN_PID 0x7fedcba9

/* Owned by the caller, who gives it to seccomp_release(). NULL if libseccomp fails. */
scmp_filter_ctx calls_rules(enum confine_calls calls);
