/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One job in a forked process that leads a process group of its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "base/text.h"
#include "engine/work.h"

struct queued_report;

/* The worker's end: a reporter that writes records to fd. */
struct channel_writer {
	struct reporter reporter;
	int fd;
};

struct channel_writer channel_writer(int fd);
/* The last record: success for an unset error. */
void channel_write_result(struct channel_writer *writer, const struct error *error);

/* The engine's end: bytes as they come, records as they are complete. Start with {0}. */
struct channel_reader {
	struct buffer pending;
	bool is_idle;           /* REPORT_IDLE came, which goes no further */
	struct strv taken_back; /* of REPORT_TAKEN_BACK, as well */
	bool has_result;
	struct error result;
};

/* Takes in bytes and gives every complete report to reporter, the result to the reader. */
void channel_reader_feed(struct channel_reader *reader, const char *data, size_t length,
			 struct reporter *reporter);
void channel_reader_free(struct channel_reader *reader);

struct report_queue {
	struct reporter reporter;
	struct reporter *target; /* NULL: closed */
	struct queued_report *first, *last;
	unsigned long kept; /* bytes of script output held back */
};

void report_queue_init(struct report_queue *queue);
/* Passes on what was kept, and all that will come. */
void report_queue_open(struct report_queue *queue, struct reporter *target);
void report_queue_free(struct report_queue *queue);

struct worker {
	pid_t pid; /* 0: none */
	int fd;    /* read end of its channel; -1: at its end */
	struct channel_reader reader;
};

int worker_start(struct worker *worker, const struct job *job, const struct work_context *context,
		 struct error *error);
/* Takes in what can be read now; at the channel's end the descriptor is closed. */
void worker_read(struct worker *worker, struct reporter *reporter);
/*
 * After the channel's end: waits for the process, kills what is left of its group, and gives the
 * job's result. A worker that died before it could tell one has failed.
 */
int worker_finish(struct worker *worker, const struct job *job, struct error *error);
/* signal to the worker and all its children. */
void worker_signal(const struct worker *worker, int number);
