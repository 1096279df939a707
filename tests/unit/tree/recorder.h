/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reporter that keeps what it is told: raw output as it is, the rest a line each. */
#pragma once

#include "base/report.h"
#include "base/text.h"

struct recorder {
	struct reporter reporter; /* .emit = recorder_emit */
	struct buffer text;
};

static inline void recorder_emit(struct reporter *reporter, enum report_kind kind, const char *text)
{
	struct recorder *recorder = (struct recorder *)reporter;

	if (kind == REPORT_OUTPUT)
		buffer_add_text(&recorder->text, text);
	else
		buffer_add_format(&recorder->text, "%s%s\n",
				  kind == REPORT_WARNING ? "warning: " : "", text);
}
