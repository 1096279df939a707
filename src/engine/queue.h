/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports that wait for their turn: a reporter that keeps what it gets until it is opened onto
 * another one, and passes everything straight through from then on.
 */
#pragma once

#include "base/report.h"

struct queued_report;

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
