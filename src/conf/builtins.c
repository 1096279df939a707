/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builtins about variables and the flow of control. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "conf/command.h"

enum { SOURCE_LIMIT = 4 * 1024 * 1024, SOURCE_DEPTH = 10 };

static bool is_identifier(const char *text, size_t length)
{
	if (!length || isdigit((unsigned char)*text))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return true;
}

/* The one optional number of exit, return, break …; false: given up. */
static bool take_number(struct shell *shell, const struct strv *words, long fallback, long *ret)
{
	char *end;

	*ret = fallback;
	if (words->count == 1)
		return true;
	*ret = strtol(words->items[1], &end, 10);
	if (words->count > 2 || end == words->items[1] || *end || *ret < 0 || *ret > 255)
		return shell_give_up(shell, "this argument");
	return true;
}

static int run_true(struct shell *shell, const struct strv *words)
{
	(void)shell;
	(void)words;
	return 0;
}

static int run_false(struct shell *shell, const struct strv *words)
{
	(void)shell;
	(void)words;
	return 1;
}

static int run_exit(struct shell *shell, const struct strv *words)
{
	long status;

	if (!take_number(shell, words, shell->status, &status))
		return 1;
	shell->flow = FLOW_EXIT;
	return (int)status;
}

static int run_return(struct shell *shell, const struct strv *words)
{
	long status;

	if (!take_number(shell, words, shell->status, &status))
		return 1;
	shell->flow = FLOW_RETURN;
	return (int)status;
}

static int leave_loop(struct shell *shell, const struct strv *words, enum flow flow)
{
	long levels;

	if (!take_number(shell, words, 1, &levels))
		return 1;
	if (!shell->loops || !levels)
		return command_give_up(shell, "break or continue outside of a loop");
	shell->flow = flow;
	shell->flow_levels = levels > (long)shell->loops ? shell->loops : (unsigned)levels;
	return 0;
}

static int run_break(struct shell *shell, const struct strv *words)
{
	return leave_loop(shell, words, FLOW_BREAK);
}

static int run_continue(struct shell *shell, const struct strv *words)
{
	return leave_loop(shell, words, FLOW_CONTINUE);
}

static int run_shift(struct shell *shell, const struct strv *words)
{
	struct strv rest = {0};
	long count;

	if (!take_number(shell, words, 1, &count))
		return 1;
	if (!shell->functions_deep)
		return command_give_up(shell, "the parameters of the script");
	if ((size_t)count > shell->arguments.count)
		return 1;
	for (size_t i = (size_t)count; i < shell->arguments.count; i++)
		strv_add(&rest, shell->arguments.items[i]);
	strv_free(&shell->arguments);
	shell->arguments = rest;
	return 0;
}

/* NAME or NAME=text; NULL and given up for anything else. */
static char *take_name(struct shell *shell, const char *word, const char **ret_text)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);

	*ret_text = equals ? equals + 1 : NULL;
	if (!is_identifier(word, length)) {
		(void)shell_give_up(shell, "this argument");
		return NULL;
	}
	return xstrndup(word, length);
}

static int run_export(struct shell *shell, const struct strv *words)
{
	if (words->count == 1)
		return command_give_up(shell, "a list of variables");
	for (size_t i = 1; i < words->count; i++) {
		const char *text;
		cleanup(free_string) char *name = take_name(shell, words->items[i], &text);

		if (!name)
			return 1;
		if (text)
			assign_scalar(shell, name, false, text);
	}
	return 0;
}

static int run_local(struct shell *shell, const struct strv *words)
{
	const struct scope *scope = shell->variables.scope;

	if (!scope || words->count == 1)
		return command_give_up(shell, "this use of local");
	for (size_t i = 1; i < words->count; i++) {
		const char *text;
		cleanup(free_string) char *name = take_name(shell, words->items[i], &text);

		if (!name)
			return 1;
		if (!text && scope->kind != SCOPE_FUNCTION)
			return command_give_up(shell, "a local variable without a value here");
		if (variable_is_special(name))
			return command_give_up(shell, "a variable of the shell itself");
		variable_make_local(&shell->variables, name);
		if (text)
			assign_scalar(shell, name, false, text);
	}
	return 0;
}

static int unset_element(struct shell *shell, const char *word, const char *bracket)
{
	size_t length = strlen(bracket);
	cleanup(free_string) char *name = xstrndup(word, (size_t)(bracket - word));
	long index;

	if (bracket[length - 1] != ']' || !is_identifier(name, strlen(name)) || length < 3)
		return command_give_up(shell, "this unset");
	cleanup(free_string) char *subscript = xstrndup(bracket + 1, length - 2);

	if (strpbrk(subscript, "$`\"'\\"))
		return command_give_up(shell, "this unset");
	if (!subscript_index(shell, subscript, name, &index))
		return 1;
	/* Of a scalar, that is an error. */
	if (index && variable_last_index(variable_get(&shell->variables, name)) == 0)
		return command_give_up(shell, "this unset");
	variable_unset_element(&shell->variables, name, index);
	return 0;
}

/* A local variable of a function that called this one would come to light again. */
static bool hides_another(struct shell *shell, const char *name)
{
	const struct scope *saver = variable_get(&shell->variables, name)->saver;

	return saver && saver->kind == SCOPE_FUNCTION && saver != shell->variables.scope;
}

static int run_unset(struct shell *shell, const struct strv *words)
{
	size_t first = words->count > 1 && text_equal(words->items[1], "-v") ? 2 : 1;

	for (size_t i = first; i < words->count; i++) {
		const char *word = words->items[i], *bracket = strchr(word, '[');
		size_t length = bracket ? (size_t)(bracket - word) : strlen(word);
		cleanup(free_string) char *name = xstrndup(word, length);

		if (!is_identifier(name, length) || variable_is_special(name) ||
		    hides_another(shell, name) || strmap_get(&shell->functions, name))
			return command_give_up(shell, "this unset");
		if (bracket)
			(void)unset_element(shell, word, bracket);
		else
			variable_unset(&shell->variables, name);
	}
	return 0;
}

static int source(struct shell *shell, const char *path)
{
	cleanup(free_string) char *text = NULL;
	struct error error = {0};
	size_t length;
	int code = file_read(path, SOURCE_LIMIT, &text, &length, &error);
	unsigned line = shell->variables.line;

	error_clear(&error);
	if (code == -ENOENT || code == -ENOTDIR) {
		command_message(shell, "%s: %s", path, strerror(-code));
		return 1;
	}
	if (code < 0 || strlen(text) != length || shell->sourced_deep == SOURCE_DEPTH)
		return command_give_up(shell, "this file to source");
	shell->status = 0;
	if (!shell_steps(shell, length))
		return 1;
	if (plain_assignments_are(text)) {
		variables_assign_plain(&shell->variables, text, arena_strdup(shell->arena, path));
		return 0;
	}
	shell->sourced_deep++;
	char *copy = arena_strndup(shell->arena, text, length);

	(void)execute_text(shell, copy, length, arena_strdup(shell->arena, path));
	shell->sourced_deep--;
	if (shell->flow == FLOW_RETURN)
		shell->flow = FLOW_NORMAL;
	if (!shell_stopped(shell))
		shell->variables.line = line;
	return shell->status;
}

static int run_source(struct shell *shell, const struct strv *words)
{
	if (words->count != 2 || !strchr(words->items[1], '/') || words->items[1][0] == '-')
		return command_give_up(shell, "this use of .");
	return source(shell, words->items[1]);
}

static int run_test(struct shell *shell, const struct strv *words)
{
	return evaluate_test(shell, words->items + 1, words->count - 1);
}

static int run_bracket(struct shell *shell, const struct strv *words)
{
	if (!text_equal(words->items[words->count - 1], "]") || words->count == 1) {
		command_message(shell, "[: missing `]'");
		return 2;
	}
	return evaluate_test(shell, words->items + 1, words->count - 2);
}

static int run_let(struct shell *shell, const struct strv *words)
{
	int64_t value = 0;

	if (words->count == 1)
		return command_give_up(shell, "let without an expression");
	for (size_t i = 1; i < words->count; i++)
		if (!evaluate_arithmetic(shell, words->items[i], &value))
			return 1;
	return value == 0;
}

static int run_shopt(struct shell *shell, const struct strv *words)
{
	bool set = false, extglob = false;

	for (size_t i = 1; i < words->count; i++) {
		if (text_equal(words->items[i], "-s"))
			set = true;
		else if (text_equal(words->items[i], "extglob"))
			extglob = true;
		else if (!text_equal(words->items[i], "-q"))
			return command_give_up(shell, "this shopt");
	}
	return set && extglob ? 0 : command_give_up(shell, "this shopt");
}

/* command -v NAME */
static int run_command(struct shell *shell, const struct strv *words)
{
	if (words->count != 3 || !text_equal(words->items[1], "-v") ||
	    strchr(words->items[2], '/') || command_is_foreign_builtin(words->items[2]))
		return command_give_up(shell, "this use of command");
	const char *name = words->items[2];
	cleanup(free_string) char *path = command_path(name);
	bool program = false;

	for (const struct known_command *known = programs; known->name; known++)
		program |= text_equal(known->name, name);
	if (strmap_get(&shell->functions, name) || (!program && command_find(name)) ||
	    text_equal(name, "read"))
		command_print_text(shell, name);
	else if (path && *path == '/')
		command_print_text(shell, path);
	else if (path)
		return command_give_up(shell, "a relative PATH");
	else
		return 1;
	command_print_text(shell, "\n");
	return 0;
}

const struct known_command shell_builtins[] = {
	{":", run_true},
	{"true", run_true},
	{"false", run_false},
	{"exit", run_exit},
	{"return", run_return},
	{"break", run_break},
	{"continue", run_continue},
	{"shift", run_shift},
	{"export", run_export},
	{"local", run_local},
	{"unset", run_unset},
	{".", run_source},
	{"source", run_source},
	{"test", run_test},
	{"[", run_bracket},
	{"let", run_let},
	{"shopt", run_shopt},
	{"command", run_command},
	{NULL, NULL},
};
