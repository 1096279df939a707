/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The confined bash that evaluates configuration files (cage/companion.h). One bash evaluates the
 * files of one module only, for all kernels of the run, each in a subshell.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "base/strv.h"
#include "conf/values.h"

/* NAME=VALUE for configuration files. */
struct conf_variable {
	const char *name;
	const char *value;
};

/* Keeps the bash of each module for the next kernel; "struct conf_shells shells = {0};". */
struct conf_shells {
	struct conf_shell *items; /* the latest is the last */
	size_t count;
	long owner; /* the process that started them: a forked one cannot use them */
};

/* Files to evaluate, and how. */
struct evaluate_input {
	const struct strv *files; /* in order; every one must exist */
	/* The variables that the files see, besides a few of the caller's environment. */
	const struct conf_variable *variables;
	size_t variable_count;
	/*
	 * The known directives in the order of pass 2, NULL-terminated. They start unset, unless a
	 * variable of the same name gives a value.
	 */
	const char *const *names;
	int time_limit_seconds; /* 0: 30 */
	/* If not NULL: where the bash for files->items[0] is, and stays. */
	struct conf_shells *shells;
	/* If not NULL: gets the values as pass 1 left them. */
	struct conf_values *first_pass;
};

struct bash;

int bash_start(const char *purpose, struct bash **ret, struct error *error);
void bash_end(struct bash *bash);
DEFINE_CLEANUP(struct bash *, bash_end)

/*
 * Both passes of input->files on top of its variables. *ret_messages is what they said. texts has
 * the content of each file, or NULL for a file that bash opens by itself. A bash that failed
 * is of no further use.
 */
int bash_evaluate(struct bash *bash, const struct evaluate_input *input, char *const *texts,
		  struct conf_values *ret, char **ret_messages, struct error *error);
