/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Simple commands: which one is meant, and functions. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "conf/command.h"
#include "conf/parser.h"

enum {
	FUNCTION_DEPTH = 50,
	NOT_FOUND = 127,
	SEARCH_COST = 64 * 1024, /* of PATH, as bytes of work */
};

/* A simple command after expansion. */
struct invocation {
	const struct command *command;
	struct strv words;
	char *separators; /* of read: IFS=… before it; NULL: the usual */
};

static void invocation_free(struct invocation *invocation)
{
	strv_free(&invocation->words);
	free(invocation->separators);
}

static void call_function(struct shell *shell, const struct command *body, const struct strv *words)
{
	struct strv outer = shell->arguments;
	unsigned loops = shell->loops;

	if (shell->functions_deep >= FUNCTION_DEPTH) {
		(void)shell_give_up(shell, "functions this deep");
		return;
	}
	shell->arguments = (struct strv){0};
	for (size_t i = 1; i < words->count; i++)
		strv_add(&shell->arguments, words->items[i]);
	shell->loops = 0;
	shell->functions_deep++;
	variables_push(&shell->variables, SCOPE_FUNCTION);
	struct pipeline pipeline = {.commands = (struct command *)body, .operator= ';' };
	struct list list = {&pipeline};

	execute_list(shell, &list);
	variables_pop(&shell->variables);
	shell->functions_deep--;
	shell->loops = loops;
	strv_free(&shell->arguments);
	shell->arguments = outer;
	if (shell->flow == FLOW_RETURN)
		shell->flow = FLOW_NORMAL;
}

/* A name with a slash: a program that stands where it usually does, or nothing at all. */
static command_function *find_by_path(struct shell *shell, const char *name)
{
	const char *base = path_basename(name);

	if (!file_exists(name)) {
		command_message(shell, "%s: No such file or directory", name);
		return NULL;
	}
	if (text_starts_with(name, "/bin/") || text_starts_with(name, "/usr/bin/"))
		for (const struct known_command *program = programs; program->name; program++)
			if (text_equal(program->name, base) &&
			    !strchr(name + (name[1] == 'b' ? 5 : 9), '/'))
				return program->run;
	(void)shell_give_up(shell, "it runs a program");
	return NULL;
}

/* NULL: there is no such command, or the shell has given up. */
static command_function *find_command(struct shell *shell, const char *name)
{
	command_function *run;

	if (strchr(name, '/'))
		return find_by_path(shell, name);
	if (command_is_foreign_builtin(name)) {
		(void)shell_give_up(shell, "a builtin of bash that is not known here");
		return NULL;
	}
	run = command_find(name);
	if (run)
		return run;
	if (!shell_steps(shell, SEARCH_COST))
		return NULL;
	cleanup(free_string) char *path = command_path(name);

	if (path || strmap_get(&shell->functions, "command_not_found_handle"))
		(void)shell_give_up(shell, "it runs a program");
	else
		command_message(shell,
				text_equal(name, "\r") ? "$'\\r': command not found"
						       : "%s: command not found",
				name);
	return NULL;
}

static void run_invocation(struct shell *shell, const void *context)
{
	const struct invocation *invocation = context;
	const struct strv *words = &invocation->words;
	const struct command *function = strmap_get(&shell->functions, words->items[0]);

	if (function) {
		call_function(shell, function, words);
		return;
	}
	if (text_equal(words->items[0], "read")) {
		shell->status = run_read(shell, words, invocation->separators);
		return;
	}
	command_function *run = find_command(shell, words->items[0]);

	shell->status = run ? run(shell, words) : NOT_FOUND;
}

/* The length of NAME in front of = or += in a word whose text begins so, else 0. */
static size_t assignment_name(const struct word *word)
{
	const struct part *part = word->first;
	size_t length = 0;

	if (!part || part->kind != PART_TEXT || part->quoted || isdigit((unsigned char)*part->text))
		return 0;
	while (isalnum((unsigned char)part->text[length]) || part->text[length] == '_')
		length++;
	return part->text[length] == '=' ? length : 0;
}

static bool is_declaration(const struct word *word)
{
	const char *name = word_literal(word);

	return text_equal(name, "export") || text_equal(name, "local");
}

static void expand_words(struct shell *shell, const struct command *command, struct strv *words)
{
	bool declaration = command->words && is_declaration(command->words);

	for (const struct word *word = command->words; word && shell_step(shell);
	     word = word->next) {
		if (declaration && assignment_name(word))
			strv_add_owned(words, expand_text(shell, word));
		else
			expand_fields(shell, word, words);
	}
}

/*
 * Assignments in front of a command hold only while it runs. None of the commands known here
 * looks at variables, except read at IFS; but their values may have effects.
 */
static void expand_prefix(struct shell *shell, const struct assignment *assignments,
			  struct invocation *invocation)
{
	const char *name = invocation->words.items[0];
	bool read = text_equal(name, "read");

	if (assignments &&
	    (strmap_get(&shell->functions, name) || text_equal(name, ".") ||
	     text_equal(name, "source") || text_equal(name, "export") ||
	     text_equal(name, "local") || text_equal(name, "unset") || text_equal(name, "eval") ||
	     text_equal(name, "let") || text_equal(name, "command")))
		(void)shell_give_up(shell, "assignments in front of this command");
	for (; assignments && shell_step(shell); assignments = assignments->next) {
		if (assignments->compound || assignments->subscript || assignments->append) {
			(void)shell_give_up(shell, "such an assignment in front of a command");
			return;
		}
		if (read && text_equal(assignments->name, "IFS") && !invocation->separators)
			invocation->separators = expand_text(shell, assignments->value);
		else if (read || variable_is_special(assignments->name))
			(void)shell_give_up(shell, "this assignment in front of a command");
		else
			free(expand_text(shell, assignments->value));
	}
}

static void execute_words(struct shell *shell, struct invocation *invocation)
{
	const struct command *command = invocation->command;

	expand_prefix(shell, command->assignments, invocation);
	if (shell_stopped(shell))
		return;
	shell->variables.line = command->line;
	if (command->redirections)
		execute_redirected(shell, command->redirections, run_invocation, invocation);
	else
		run_invocation(shell, invocation);
}

void execute_simple(struct shell *shell, const struct command *command)
{
	cleanup(invocation_free) struct invocation invocation = {.command = command};

	shell->substitution_status = -1;
	expand_words(shell, command, &invocation.words);
	if (invocation.words.count) {
		execute_words(shell, &invocation);
	} else {
		if (command->redirections)
			(void)shell_give_up(shell, "a redirection without a command");
		execute_assignments(shell, command->assignments);
		shell->status = shell->substitution_status < 0 ? 0 : shell->substitution_status;
	}
}
