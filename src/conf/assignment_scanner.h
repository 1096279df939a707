/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the assignments in the text of a shell script, without understanding the rest: good
 * enough to talk about a script (lint), not to evaluate it. Quotes, comments and $( ) are seen;
 * here-documents are not.
 *
 *	struct assignment_scanner scanner = assignment_scanner_start(text);
 *	while (assignment_scanner_next(&scanner, &found))
 *		…
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct found_assignment {
	const char *name; /* points into the text, not terminated */
	size_t name_length;
	long line; /* from 1 */
	/* Its faults, if any: */
	bool for_one_command;     /* "NAME=value word": bash runs word, and forgets the value */
	bool blank_before_equals; /* "NAME = value": bash runs NAME */
};

struct assignment_scanner {
	const char *at;
	long line;
	bool command_start; /* an assignment may stand here */
};

struct assignment_scanner assignment_scanner_start(const char *text);
bool assignment_scanner_next(struct assignment_scanner *scanner, struct found_assignment *ret);
