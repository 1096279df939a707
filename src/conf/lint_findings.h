/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of conf_lint(). Private to this room. */
#pragma once

#include "conf/lint.h"
#include "conf/setting.h"

/* The kinds of files. Each may set other names. */
enum lint_language { LINT_MODULE, LINT_OVERRIDE, LINT_FRAMEWORK };

/* Adds a finding; origin is "FILE:LINE" or "FILE". */
void lint_add(struct lint_findings *findings, enum lint_kind kind, const char *origin,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* lint.c: what can be seen in the text of one file. */
void lint_text(struct lint_findings *findings, const char *file, const char *text,
	       enum lint_language language);

/* The same of a file, in a worker. */
int lint_file(struct lint_findings *findings, const char *file, enum lint_language language,
	      struct error *error);

/* A LINT_VALUE; context is a struct lint_findings *. */
setting_refusal lint_refused;

/* lint_values.c: what can be seen in the values, and in the settings of the overrides. */
void lint_values(struct lint_findings *findings, const struct conf_evaluation *evaluation,
		 const struct conf_values *first_pass);
void lint_policy(struct lint_findings *findings, struct conf_evaluation *evaluation);
