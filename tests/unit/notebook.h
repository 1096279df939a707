/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reporter that writes down "LETTER TEXT\n"; the letters are the kinds in order: L, S, s, … What
 * only --verbose and --debug show is left out.
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
	static const char letters[] = "LSsOWDEweVPINT";
	struct notebook *notebook = (struct notebook *)reporter;

	if (letters[kind] != 'V' && letters[kind] != 'T')
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
