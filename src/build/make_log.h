/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make.log: what was run, what it said, how it ended.
 *
 *	DKMS (dkms-X.Y.Z) make.log for M/V for kernel K (A)
 *	<date>
 *
 *	<description>
 *	# command: <command>
 *	<its output>
 *	# exit code: N
 *	# elapsed time: HH:MM:SS
 *	----------------------------------------------------------------
 *
 * and so on, a block for each command. A relay (below) passes the output of commands on,
 * and leaves out the middle of a long output.
 */
#pragma once

#include <sys/types.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/identity.h"

struct glimpse;

struct make_log {
	char *shown_path;        /* for messages */
	int fd;                  /* appends */
	time_t started;          /* of the block that is open, on the monotonic clock */
	struct glimpse *glimpse; /* shows what commands print last; NULL: nobody watches */
};

/* A new file, which must not exist; shown_path: where users will find it. */
int make_log_open(const char *path, const char *shown_path, const struct module_id *id,
		  const struct kernel_id *kernel, struct make_log **ret_log, struct error *error);
void make_log_close(struct make_log *log);
DEFINE_CLEANUP(struct make_log *, make_log_close)

/* A line of its own between blocks: "# NOTE". */
int make_log_note(struct make_log *log, const char *note, struct error *error);

int make_log_begin(struct make_log *log, const char *description, const char *command,
		   struct error *error);
/* Begins a new line first if the output did not end with one. */
int make_log_end(struct make_log *log, int status, struct error *error);

/* How much of a command's output is kept, in bytes. */
#define LOG_BEGINNING (32L << 20)
#define LOG_END       (4L << 20)

struct log_relay {
	pid_t pid;
	int input;   /* for the command */
	int running; /* closed when the command has ended, whatever it left behind */
	const struct make_log *log;
};

int log_relay_start(const struct make_log *log, struct log_relay *relay, struct error *error);

/* Fails if not all that is to be kept could be written. */
int log_relay_finish(struct log_relay *relay, struct error *error);
