/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell variables with the scopes of functions and subshells. A variable is a sparse array; the
 * scalar is element 0. What was never set here is looked up in the environment.
 *
 * Texts live in the arena; names in the map. Start with variables_init(), end with
 * variables_free().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "conf/arena.h"
#include "conf/plain_assignments.h"

struct element_value {
	long index;
	const char *text;
	unsigned line; /* where it was set; 0: before any file */
	const char *file;
};

struct variable {
	struct element_value *values; /* ascending index */
	size_t count, capacity;
	const struct scope *saver; /* the innermost scope that can restore it */
};

enum scope_kind { SCOPE_FUNCTION, SCOPE_SUBSHELL };

struct saved_variable {
	const char *name;
	struct variable old;
	struct saved_variable *next;
};

struct scope {
	enum scope_kind kind;
	struct saved_variable *saved;
	struct scope *outer;
};

struct variables {
	struct arena *arena;
	struct strmap map; /* name → struct variable * in the arena */
	struct scope *scope;
	struct plain_assignments *plain; /* the newest first */
	/* Where the present command is, for origins. */
	const char *file;
	unsigned line;
};

void variables_init(struct variables *variables, struct arena *arena);
void variables_free(struct variables *variables);

/* Variables that the shell itself gives a value or a meaning, and we do not. */
bool variable_is_special(const char *name);

/* Never NULL; count 0 if unset. */
const struct variable *variable_get(struct variables *variables, const char *name);
/* NULL if unset. */
const char *variable_text(struct variables *variables, const char *name, long index);
/* NULL if unset. For putting origins right; the text is not to be changed. */
struct element_value *variable_element(struct variables *variables, const char *name, long index);
/* The highest index; -1 if there is none. */
long variable_last_index(const struct variable *variable);

/*
 * A negative index as one from the array's end; -1 if that is before its beginning, or if the
 * variable may be a scalar, which has no negative ones.
 */
long variable_index_from_end(const struct variable *variable, long index);

/* text is copied. */
void variable_set(struct variables *variables, const char *name, long index, const char *text);
void variable_unset(struct variables *variables, const char *name);
void variable_unset_element(struct variables *variables, const char *name, long index);

/* Assigns what text says, which plain_assignments_are(). text is copied, file is kept. */
void variables_assign_plain(struct variables *variables, const char *text, const char *file);

/* Everything changed inside a subshell, and what is local in a function, is undone by pop. */
void variables_push(struct variables *variables, enum scope_kind kind);
void variables_pop(struct variables *variables);
/* Makes a variable local to the innermost scope, and unset unless it was local there already. */
void variable_make_local(struct variables *variables, const char *name);
