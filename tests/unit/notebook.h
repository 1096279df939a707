/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reporter that writes down "LETTER TEXT\n", a letter for each kind. What only --verbose and
 * --debug show is left out.
 */
#pragma once

#include "base/report.h"
#include "base/text.h"

struct notebook {
	struct reporter reporter;
	struct buffer text;
};

static inline void notebook_emit(struct reporter *reporter, enum report_kind kind, const char *text)
{
	static const char letters[] = {
		[REPORT_LINE] = 'L',       [REPORT_WROTE] = 'F',      [REPORT_STEP] = 'S',
		[REPORT_STEP_DONE] = 's',  [REPORT_OUTPUT] = 'O',     [REPORT_WARNING] = 'W',
		[REPORT_DEPRECATED] = 'D', [REPORT_CONF_ERROR] = 'E', [REPORT_CONF_WARNING] = 'w',
		[REPORT_ERROR] = 'e',      [REPORT_PROGRESS] = 'P',   [REPORT_IDLE] = 'I',
		[REPORT_NOTICE] = 'N',     [REPORT_TAKEN_BACK] = 'T',
	};
	struct notebook *notebook = (struct notebook *)reporter;

	if (kind != REPORT_VERBOSE && kind != REPORT_DEBUG)
		buffer_add_format(&notebook->text, "%c %s\n", letters[kind], text);
}

static inline struct notebook notebook_new(void)
{
	return (struct notebook){.reporter = {.emit = notebook_emit}};
}

static inline const char *notebook_text(const struct notebook *notebook)
{
	return notebook->text.data ? notebook->text.data : "";
}

static inline void notebook_free(struct notebook *notebook)
{
	buffer_free(&notebook->text);
}
