/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The evaluator in this process: walks the syntax tree, changing nothing but its own variables
 * and buffers, executing nothing. What it cannot do exactly as bash does it gives up on, and
 * since nothing has happened by then, bash can do all of it.
 *
 * Once flow is FLOW_STOP everything unwinds; results are then meaningless but never NULL where
 * they must not be.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strv.h"
#include "base/text.h"
#include "conf/arena.h"
#include "conf/syntax.h"
#include "conf/variables.h"

enum flow {
	FLOW_NORMAL,
	FLOW_BREAK,
	FLOW_CONTINUE,
	FLOW_RETURN,
	FLOW_EXIT, /* out of the innermost subshell */
	FLOW_STOP, /* given up, or over a limit */
};

enum stop { STOP_NONE, STOP_UNSUPPORTED, STOP_LIMIT };

/* What a command reads: a pipe's or a here string's bytes. */
struct shell_input {
	const char *data;
	size_t length, position;
};

struct shell {
	struct arena *arena;
	struct variables variables;
	struct strmap functions; /* name → struct command * (its body) */
	struct strv arguments;   /* $1 … inside a function */
	struct buffer *out;      /* NULL: dropped */
	struct buffer *err;
	struct shell_input *in; /* NULL: whatever dkms itself has */
	int status;             /* $? */
	enum flow flow;
	unsigned flow_levels; /* loops still to leave by break or continue */
	unsigned loops, functions_deep, sourced_deep;
	int substitution_status; /* of the last $( ) in a command; -1: there was none */
	unsigned long steps;
	enum stop stop;
	const char *stop_reason;
	const char *stop_file;
	unsigned stop_line;
};

void shell_init(struct shell *shell, struct arena *arena);
void shell_free(struct shell *shell);

/* Ends the evaluation in this process. Returns false, for return statements. */
bool shell_give_up(struct shell *shell, const char *reason);
/* One more operation; false when the evaluation is over (also for going over the limit). */
bool shell_step(struct shell *shell);
/* The same for length bytes of work. */
bool shell_steps(struct shell *shell, size_t length);

static inline bool shell_stopped(const struct shell *shell)
{
	return shell->flow == FLOW_STOP;
}

/* execute.c */
void execute_list(struct shell *shell, const struct list *list);
/* Parses and executes a whole text; its lines count from 1 in file. False: given up. */
bool execute_text(struct shell *shell, const char *text, size_t length, const char *file);
/* Runs something with redirections in force. */
void execute_redirected(struct shell *shell, const struct redirection *redirections,
			void (*run)(struct shell *shell, const void *context), const void *context);
/* What a list prints, without the newlines at its end; owned by the caller. */
char *execute_substitution(struct shell *shell, const struct list *list);

/* simple.c */
void execute_simple(struct shell *shell, const struct command *command);

/* assign.c */
void execute_assignments(struct shell *shell, const struct assignment *assignments);
/* NAME=text, or += */
void assign_scalar(struct shell *shell, const char *name, bool append, const char *text);

/* expand.c */
/* Without splitting and globbing, as in assignments; owned by the caller. */
char *expand_text(struct shell *shell, const struct word *word);
/* As a pattern: what was quoted has backslashes before it. */
char *expand_pattern(struct shell *shell, const struct word *word);
/* As an ERE for =~. */
char *expand_regex(struct shell *shell, const struct word *word);
/* With splitting and globbing: appends any number of words. */
void expand_fields(struct shell *shell, const struct word *word, struct strv *fields);
/* Quoted text and, joined to it, text that is split and globbed as unquoted expansions are. */
void expand_split(struct shell *shell, const char *quoted, const char *unquoted,
		  struct strv *fields);
/* A subscript as an index into variable name (negative ones count from its end). */
bool subscript_index(struct shell *shell, const char *text, const char *name, long *ret_index);
/* The same for one that is still to be expanded; no word: index 0. */
bool expand_subscript(struct shell *shell, const struct word *word, const char *name,
		      long *ret_index);

/* expand_parameter.c */
struct expansion;
void expand_parameter(struct shell *shell, const struct part *part, bool quoted,
		      struct expansion *expansion);

/* arithmetic.c */
bool evaluate_arithmetic(struct shell *shell, const char *text, int64_t *ret_value);

/* condition.c */
/* 0 true, 1 false, 2 wrong. */
int evaluate_condition(struct shell *shell, const struct condition *condition);
int evaluate_test(struct shell *shell, char *const *arguments, size_t count);

/* pathname.c */
/* Adds the sorted names that the pattern matches; false if there are none. */
bool expand_pathname(struct shell *shell, const char *pattern, struct strv *fields);

/* Only ASCII, or a locale in which a byte is a character. */
bool shell_is_plain_text(const char *text);
/* The order of strings is that of their bytes. */
bool shell_has_plain_order(void);
/* i and I are one letter, as in ASCII and unlike in Turkish. */
bool shell_has_plain_case(void);
