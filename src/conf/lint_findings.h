/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of conf_lint(). Private to this room. */
#pragma once

#include "conf/lint.h"

/* Adds a finding; origin is "FILE:LINE" or "FILE". */
void lint_add(struct lint_findings *findings, enum lint_kind kind, const char *origin,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* lint_text.c: what can be seen in the text of one file; own: the module's, not an override. */
void lint_text(struct lint_findings *findings, const char *file, const char *text, bool own);

/* lint_values.c: what can be seen in the values. */
void lint_values(struct lint_findings *findings, const struct conf_evaluation *evaluation,
		 const struct conf_values *first_pass);
