/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the files of the schema (package_conf, package_modules, exclusive, deprecation) while
 * one dkms.conf is turned into a struct package. Private to this room.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/report.h"
#include "conf/package_conf.h"
#include "conf/patterns.h"
#include "conf/values.h"
#include "model/package.h"

struct package_loader {
	const struct conf_request *request;
	const struct conf_values *values;
	struct package *package;
	struct reporter *reporter; /* NULL for status: it says nothing about confs */
	size_t problems;
	struct pattern_questions patterns; /* answered for the request's kernel */
};

/* Something that makes the conf bad: reported, counted, and checking goes on. */
void package_problem(struct package_loader *loader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Something odd that does no harm. */
void package_remark(struct package_loader *loader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The value, or "" where nothing was set. */
const char *package_value(const struct package_loader *loader, const char *name, long index);

/* Does the element, an ERE, match the kernel? A malformed one is a problem and matches nothing. */
bool package_pattern_matches(struct package_loader *loader, const char *name, long index);

/* package_modules.c: the list of modules with its defaults and checks. */
void package_load_modules(struct package_loader *loader);
/* exclusive.c: checks every BUILD_EXCLUSIVE_*; reads those of one index. The rule owns its strings.
 */
void package_check_exclusive(struct package_loader *loader);
void package_read_exclusive(const struct package_loader *loader, long index,
			    struct exclusive_rule *rule);
/* lint_values.c */
void package_report_deprecated(struct package_loader *loader);
