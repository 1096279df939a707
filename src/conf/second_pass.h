/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the first pass to the second: what a file left in the known directives is written out as
 * NAME[i]="value" lines, after unquoted word splitting and globbing, and these are evaluated
 * again where the file's own variables are gone.
 *
 * Call order: directives_collect() inside the first pass's scope, leave that scope,
 * directives_restore().
 */
#pragma once

#include "conf/shell.h"

struct directive {
	const char *name;
	long index;
	char *text;
	const char *file; /* origin; NULL: from before the files */
	unsigned line;
};

struct directives {
	struct directive *items;
	size_t count, capacity;
};

/* Copies every element of the names, in their order. */
void directives_collect(struct shell *shell, const char *const *names,
			struct directives *directives);

/* Evaluates the second pass in the shell's present scope; false: given up. */
bool directives_restore(struct shell *shell, const struct directives *directives);

/* True if a value comes out of the second pass as it went in. */
bool directive_is_stable(const char *text);

void directives_free(struct directives *directives);
