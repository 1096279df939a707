/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reporter that keeps what it is told, a line each: "KIND: text"; REPORT_LINE without a kind. */
#pragma once

#include "base/report.h"
#include "base/text.h"

struct message_log {
	struct reporter reporter; /* first: emit() gets its address */
	struct buffer text;
};

static inline void message_log_emit(struct reporter *reporter, enum report_kind kind,
				    const char *text)
{
	static const char *const names[] = {
		[REPORT_LINE] = "",
		[REPORT_WROTE] = "wrote: ",
		[REPORT_NOTICE] = "notice: ",
		[REPORT_STEP] = "step: ",
		[REPORT_STEP_DONE] = "done: ",
		[REPORT_OUTPUT] = "output: ",
		[REPORT_WARNING] = "warning: ",
		[REPORT_DEPRECATED] = "deprecated: ",
		[REPORT_CONF_ERROR] = "conf error: ",
		[REPORT_CONF_WARNING] = "conf warning: ",
		[REPORT_ERROR] = "error: ",
		[REPORT_VERBOSE] = "verbose: ",
	};
	struct message_log *log = (struct message_log *)reporter;

	buffer_add_format(&log->text, "%s%s\n", names[kind], text);
}

static inline void message_log_init(struct message_log *log)
{
	*log = (struct message_log){.reporter = {.emit = message_log_emit}};
}

/* Never NULL; valid until the next message. */
static inline const char *message_log_text(const struct message_log *log)
{
	return log->text.data ? log->text.data : "";
}

static inline void message_log_clear(struct message_log *log)
{
	buffer_free(&log->text);
	log->text = (struct buffer){0};
}
