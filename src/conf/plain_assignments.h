/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel configuration as a shell reads it: thousands of CONFIG_NAME=value lines, of which a
 * file that sources it asks for two. Such a text is kept as it is, and searched when a name is
 * asked for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct plain_assignments {
	const char *text; /* begins and ends with a line break */
	size_t length;
	const char *file;
	const struct scope *scope; /* the subshell it was read in; NULL: none */
	struct plain_assignments *previous;
};

/* True if text is nothing but comments and assignments to CONFIG_ names of plain values. */
bool plain_assignments_are(const char *text);

/* The value that the text gives the name last, of *ret_length; NULL if none. */
const char *plain_assignments_find(const struct plain_assignments *assignments, const char *name,
				   size_t *ret_length);
