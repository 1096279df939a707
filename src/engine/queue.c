/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A script that prints without end must not fill our memory before its turn comes. */
#define OUTPUT_LIMIT (1UL << 20)

struct queued_report {
	struct queued_report *next;
	enum report_kind kind;
	char *text;
};

static void emit(struct reporter *reporter, enum report_kind kind, const char *text)
{
	struct report_queue *queue = (struct report_queue *)reporter;

	if (queue->target) {
		report_text(queue->target, kind, text);
		return;
	}
	if (kind == REPORT_OUTPUT) {
		if (queue->kept > OUTPUT_LIMIT)
			return;
		queue->kept += strlen(text);
		if (queue->kept > OUTPUT_LIMIT)
			text = "\n[output cut]\n";
	}
	struct queued_report *item = NEW(struct queued_report);

	*item = (struct queued_report){NULL, kind, xstrdup(text)};
	if (queue->last)
		queue->last->next = item;
	else
		queue->first = item;
	queue->last = item;
}

void report_queue_init(struct report_queue *queue)
{
	*queue = (struct report_queue){.reporter = {emit}};
}

static void drain(struct report_queue *queue, struct reporter *target)
{
	while (queue->first) {
		struct queued_report *item = queue->first;

		queue->first = item->next;
		report_text(target, item->kind, item->text);
		free(item->text);
		free(item);
	}
	queue->last = NULL;
}

void report_queue_open(struct report_queue *queue, struct reporter *target)
{
	drain(queue, target);
	queue->target = target;
}

void report_queue_free(struct report_queue *queue)
{
	drain(queue, NULL);
}
