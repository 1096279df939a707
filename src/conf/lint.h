/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds faults and fragile spots in a dkms.conf and its overrides, for the people who write them.
 * package_load() decides whether a conf is good, not this file.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/report.h"
#include "conf/package_conf.h"

enum lint_kind {
	LINT_UNKNOWN,     /* not a directive, but looks like one */
	LINT_QUOTES,      /* a value that bash does not see as one */
	LINT_SECOND_PASS, /* a value that the second pass changes */
	LINT_USELESS,     /* a directive that has no effect where it stands */
	LINT_DEPRECATED,
	LINT_VALUE, /* a value that its setting cannot take */
};

struct lint_finding {
	enum lint_kind kind;
	char *file;
	long line;  /* 0: not known */
	char *text; /* a sentence */
};

struct lint_findings {
	struct lint_finding *items; /* by file in the order of reading, then by line */
	size_t count;
	size_t capacity;
};

/*
 * Looks at every file of an evaluation. first_pass holds the same values as they were before the
 * second pass, or is NULL if that is not known. Fails only where a file cannot be read any more.
 */
int conf_lint(struct conf_evaluation *evaluation, const struct conf_values *first_pass,
	      struct lint_findings *ret, struct error *error);

/*
 * The fault of --directive NAME=VALUE, owned by the caller, or NULL. A name that resembles no
 * directive is a variable for the build.
 */
char *lint_directive(const char *name);

/* Adds that as a finding about "--directive"; directive is the whole assignment. */
void conf_lint_directive(struct lint_findings *findings, const char *directive);

/* A REPORT_WARNING for each. */
void lint_report(const struct lint_findings *findings, struct reporter *reporter);

/* "unknown-directive", "quotes", "second-pass", "useless", "deprecated", "value". */
const char *lint_kind_name(enum lint_kind kind);

/* Releases what it holds; serves as cleanup(lint_findings_free). */
void lint_findings_free(struct lint_findings *findings);
