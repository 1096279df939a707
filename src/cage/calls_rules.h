/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which system calls a confined process has, as rules of libseccomp.
 *
 * Programs and builds keep all calls but those that lead out of a cage, or to parts of the kernel
 * for trusted programs: user namespaces, keyrings, io_uring, bpf, userfaultfd, performance
 * counters, typing into a terminal. Blocked calls fail as on a kernel that lacks them.
 */
#pragma once

/* The system calls that remain allowed. Calls on other processes and system settings never are. */
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

/* Stands in the rules for the process's own id. No process has it: ids end at 4194304. */
#define CALLS_OWN_PID 0x7fedcba9

/* A scmp_filter_ctx, which the caller gives to seccomp_release(). NULL if libseccomp fails. */
void *calls_rules(enum confine_calls calls);
