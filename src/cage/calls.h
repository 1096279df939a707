/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks system calls that no build needs. They lead out of a cage, or to parts of the kernel for
 * trusted programs: user namespaces, keyrings, io_uring, bpf, userfaultfd, performance counters,
 * typing into a terminal. Internet and netlink sockets stay, and with `network` local ones; without
 * it a local socket could reach any daemon. Blocked calls fail as on a kernel that lacks them.
 */
#pragma once

#include <stdbool.h>

/* What system calls are left. Other processes and the system's settings never are. */
enum confine_calls {
	CONFINE_COMPUTES, /* memory, and reading and writing of open descriptors */
	CONFINE_READS,    /* also opening files to read them, and directories */
	CONFINE_WRITES,   /* also making and changing files */
	CONFINE_TALKS,    /* as CONFINE_READS, also connections to the internet, and threads */
	CONFINE_RUNS,     /* calls that a program without privileges and network needs */
};

/* From now on, for this process and its descendants. Returns a negative errno. */
int cage_restrict_calls(bool network);

/*
 * The same for a confined program (CONFINE_RUNS): it also has no socket at all, no way out of its
 * process group, and no tracing, mounts or namespaces.
 */
int cage_restrict_program(void);

/* Only the calls of a confined worker are left; the others fail with ENOSYS. */
int cage_restrict_worker(enum confine_calls calls);
