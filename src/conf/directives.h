/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names that configuration files may set: the directives of a dkms.conf, in the order in which
 * the second pass writes them out, and settings.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"

struct directive {
	const char *name;
	bool array;             /* elements beyond 0 mean something */
	const char *deprecated; /* what is to be done about it; NULL: not deprecated */
};

extern const struct directive conf_directives[];
extern const size_t conf_directive_count;

/* The names alone, in the same order, NULL-terminated. */
extern const char *const conf_directive_names[];

/* NULL for a name that is no directive. */
const struct directive *conf_directive_find(const char *name);

/* How people write one element: "AUTOINSTALL" for a scalar, "MAKE[0]" for an array's, owned by
 * the caller. */
char *conf_directive_label(const char *name, long index);

/*
 * Splits "NAME=text" or "NAME[3]=text", as --directive has it, into *ret_name (owned by the
 * caller), *ret_index (0 where there is none) and *ret_text (points into assignment). -EINVAL for
 * anything that bash would not take as an assignment.
 */
int conf_assignment_split(const char *assignment, char **ret_name, long *ret_index,
			  const char **ret_text);

/*
 * Adds the --directive values to the environment of a module's commands, as NAME=VALUE. The last
 * value of a name counts. bash exports no array, and makefiles would start an exported MAKE as
 * make.
 */
void conf_exported_directives(const struct strv *directives, struct strv *settings);

/* NULL-terminated: of every setting, and of those for one module. */
extern const char *const setting_names[];
extern const char *const policy_names[];

bool setting_is_known(const char *name);
bool policy_knows(const char *name);
