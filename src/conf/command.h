/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands that are known in this process: builtins of the shell, and programs whose work is
 * done here instead (filters, nproc, uname). Each gets its words, the name first, prints to the
 * shell's streams and returns its exit status; what it cannot do exactly it gives up on.
 */
#pragma once

#include "conf/shell.h"

typedef int command_function(struct shell *shell, const struct strv *words);

struct known_command {
	const char *name;
	command_function *run;
};

/* Tables, ended by a NULL name. */
extern const struct known_command shell_builtins[]; /* builtins.c: variables and flow */
extern const struct known_command text_builtins[];  /* print.c: echo, printf */
extern const struct known_command programs[];       /* programs.c: nproc, cut, grep … */

/* NULL if it is not known. */
command_function *command_find(const char *name);
/* The program's path on PATH, owned by the caller, or NULL. Builtins are not looked at. */
char *command_path(const char *name);
/* A builtin of bash that is not known here. */
bool command_is_foreign_builtin(const char *name);

/* To the shell's stdout. */
void command_print(struct shell *shell, const char *text, size_t length);
void command_print_text(struct shell *shell, const char *text);
/* A message of the shell: "FILE: line N: …" on its stderr. */
void command_message(struct shell *shell, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A message of a program, as it is. */
void command_error(struct shell *shell, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Gives up, for commands: returns a status. */
int command_give_up(struct shell *shell, const char *reason);

/*
 * What a filter reads: the files named, or stdin if there are none. Gives up on what is no plain
 * ASCII text. A file that cannot be read gets name's message; then *ret_status is 2 (with
 * grep) or 1. Owned by the caller, NUL-terminated.
 */
char *command_input(struct shell *shell, const char *name, char *const *files, size_t count,
		    int failure, int *ret_status);

/* filters with a file of their own */
int run_sed(struct shell *shell, const struct strv *words);
int run_grep(struct shell *shell, const struct strv *words);
int run_cut(struct shell *shell, const struct strv *words);
int run_sort(struct shell *shell, const struct strv *words);
int run_tr(struct shell *shell, const struct strv *words);
int run_read(struct shell *shell, const struct strv *words, const char *separators);
