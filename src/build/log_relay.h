/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process between a command and make.log. It writes what comes through a pipe. Of a very long
 * output it keeps the beginning and the end, so that no command can fill the disk.
 *
 *	log_relay_start(log, &relay, &error)
 *	run the command with relay.input as stdout and stderr
 *	log_relay_finish(&relay, &error)	in any case; the log has it all then
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "build/make_log.h"

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
