/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Child processes, described by a structure and run to their end. The child starts with default
 * signal dispositions, an empty signal mask and umask 022. It has descriptors 0, 1 and 2, and those
 * that the caller left without close-on-exec on purpose.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct process {
	char *const *argv;     /* argv[0] is looked up on PATH */
	char *const *env;      /* NULL: inherited */
	const char *directory; /* NULL: inherited */
	const char *root;      /* NULL or "": inherited; else the child begins in it, as its "/" */
	int stdin_fd;          /* 0: /dev/null; any other descriptor: that one */
	int stdout_fd;         /* 0: inherited; -1: /dev/null; else that descriptor */
	int stderr_fd;         /* the same */
	int timeout_seconds;   /* 0: none; over it the process group is killed, -ETIMEDOUT */
	bool own_group;        /* leads a process group of its own (implied by a timeout) */
	bool dies_with_parent; /* is killed when this process dies (implied by a timeout) */
	/* Runs in the child between fork and exec, async-signal-safe only; nonzero: exit 126. */
	int (*prepare)(void *context);
	void *prepare_context;
};

/*
 * A signal that asks this process to stop kills what runs, also before its start is complete, and
 * is interrupt_error().
 *
 * Runs to the end. *ret_status is the exit status, or 128 + N after death by signal N. Returns a
 * negative errno only if the program could not be started (-ENOENT …) or timed out.
 */
int process_run(const struct process *process, int *ret_status, struct error *error);

/*
 * The same, collecting stdout (stdout_fd is ignored) up to limit bytes; -EFBIG and the process
 * killed beyond. *ret_output is NUL-terminated and owned by the caller.
 */
int process_capture(const struct process *process, size_t limit, char **ret_output,
		    size_t *ret_length, int *ret_status, struct error *error);

/*
 * The same, handing stdout and stderr (whose descriptors are ignored), mixed, to output() as they
 * come. It ends with the program, not with what the program left running: that finds its output
 * closed.
 */
typedef void process_output(void *context, const char *data, size_t length);
int process_stream(const struct process *process, process_output *output, void *context,
		   int *ret_status, struct error *error);

/* Exit status, or 128 + N. */
int process_wait(pid_t pid, int *ret_status, struct error *error);

/*
 * For a child that a caller forked by itself: becomes the program as described, without a timeout.
 * Returns a negative errno, or not at all.
 */
int process_exec(const struct process *process);

/*
 * Like process_wait(), for such a child. When a signal asks this process to stop, the child is
 * killed with the process group it leads, and interrupt_error() results.
 */
int process_wait_or_stop(pid_t pid, int *ret_status, struct error *error);

/*
 * From now on this process inherits the children of children that die, to be awaited below. Between
 * fork and exec they hold copies of their parents' descriptors, and so of locks.
 */
void process_adopt_orphans(void);
/* Waits until no child is left, but no longer than that: what goes on for ever is left alone. */
void process_await_orphans(int milliseconds);

/*
 * SIGKILL for the process group that the child leads, or for the child alone. Waits until the child
 * is gone, and returns its status as waitpid() has it; 0 for a number that can be no child's.
 */
int process_end(pid_t pid);
/* For a child that was forked without the functions above: signals as a program finds them. */
void process_reset_signals(void);

/* waitpid's status as an exit status: 0..255, or 128 + N after death by signal N. */
int process_exit_status(int wait_status);

/* The full path of a program on PATH, owned by the caller; NULL if there is none. */
char *process_find_program(const char *name);
/* The same on another search path; NULL: the usual directories. */
char *process_find_program_on(const char *search, const char *name);
