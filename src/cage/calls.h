/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls that no build needs and that lead out of a cage, or to parts of the kernel that
 * were made for more trusted programs: sockets but of the internet (unless network, local ones
 * would reach any daemon whose socket is a file), user namespaces, keyrings, io_uring, bpf,
 * userfaultfd, performance counters, typing into a terminal. They fail as on a kernel that lacks
 * them.
 */
#pragma once

#include <stdbool.h>

/* From now on, for this process and its descendants. Returns a negative errno. */
int cage_restrict_calls(bool network);
