/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks system calls that a confined process does not need: a filter in the kernel, for the
 * process and all its descendants. Making a filter takes as long as starting a process. So a
 * process makes each once, and the processes that it starts have it already.
 *
 * Programs and builds keep all calls but those that lead out of a cage, or to parts of the kernel
 * for trusted programs: user namespaces, keyrings, io_uring, bpf, userfaultfd, performance
 * counters, typing into a terminal. Blocked calls fail as on a kernel that lacks them.
 */
#pragma once

/* What system calls are left. Other processes and the system's settings never are. */
enum confine_calls {
	CONFINE_COMPUTES, /* memory, and reading and writing of open descriptors */
	CONFINE_READS,    /* also opening files to read them, and directories */
	CONFINE_WRITES,   /* also making and changing files */
	CONFINE_TALKS,    /* as CONFINE_READS, also connections to the internet, and threads */
	/* A program: no socket, no way out of its process group, no tracing, mounts or namespaces.
	 */
	CONFINE_RUNS,
	/* A build: internet and netlink sockets stay. A local one could reach any daemon. */
	CONFINE_BUILDS,
	CONFINE_BUILDS_ONLINE, /* also local sockets */
	CONFINE_KINDS
};

/*
 * Makes the filter, unless this process or one above it has made it; to be called before the fork.
 * Returns 0 or a negative errno.
 */
int calls_prepare(enum confine_calls calls);

/* From now on, for this process and its descendants. Returns 0 or a negative errno. */
int calls_restrict(enum confine_calls calls);
