/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists, pipelines and compound commands. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "conf/command.h"
#include "conf/parser.h"
#include "conf/pattern.h"

enum { INPUT_LIMIT = 4 * 1024 * 1024 };

static void execute_command(struct shell *shell, const struct command *command);

/* What a subshell undoes at its end. */
struct subshell {
	unsigned loops;
	struct buffer *out;
	struct shell_input *in;
};

static struct subshell enter_subshell(struct shell *shell)
{
	struct subshell outer = {shell->loops, shell->out, shell->in};

	variables_push(&shell->variables, SCOPE_SUBSHELL);
	shell->loops = 0;
	return outer;
}

static void leave_subshell(struct shell *shell, struct subshell outer)
{
	variables_pop(&shell->variables);
	shell->loops = outer.loops;
	shell->out = outer.out;
	shell->in = outer.in;
	if (shell->flow != FLOW_STOP)
		shell->flow = FLOW_NORMAL;
}

static void execute_into(struct shell *shell, const struct list *list, struct buffer *output)
{
	struct subshell outer = enter_subshell(shell);

	shell->out = output;
	execute_list(shell, list);
	leave_subshell(shell, outer);
}

char *execute_substitution(struct shell *shell, const struct list *list)
{
	cleanup(buffer_free) struct buffer output = {0};

	execute_into(shell, list, &output);
	shell->substitution_status = shell->status;
	while (output.length && output.data[output.length - 1] == '\n')
		output.data[--output.length] = '\0';
	return buffer_take(&output);
}

/* One command of a pipeline, in a subshell of its own. NULL: the pipeline's own ends. */
static void execute_stage(struct shell *shell, const struct command *command,
			  struct shell_input *input, struct buffer *output)
{
	struct subshell outer = enter_subshell(shell);

	if (input)
		shell->in = input;
	if (output)
		shell->out = output;
	execute_command(shell, command);
	leave_subshell(shell, outer);
}

/* All commands of a pipeline, one after the other: none of them has effects. */
static void execute_stages(struct shell *shell, const struct command *first)
{
	cleanup(buffer_free) struct buffer previous = {0};

	for (const struct command *command = first; command; command = command->next) {
		cleanup(buffer_free) struct buffer output = {0};
		struct shell_input input = {previous.data ? previous.data : "", previous.length, 0};

		execute_stage(shell, command, command == first ? NULL : &input,
			      command->next ? &output : NULL);
		buffer_free(&previous);
		previous = output;
		output = (struct buffer){0};
	}
}

static void execute_pipeline(struct shell *shell, const struct pipeline *pipeline)
{
	if (pipeline->commands->next)
		execute_stages(shell, pipeline->commands);
	else
		execute_command(shell, pipeline->commands);
	if (pipeline->negated && (shell->flow == FLOW_NORMAL || shell->flow == FLOW_RETURN))
		shell->status = !shell->status;
}

void execute_list(struct shell *shell, const struct list *list)
{
	if (!list->first)
		shell->status = 0;
	for (const struct pipeline *pipeline = list->first; pipeline; pipeline = pipeline->next) {
		if (shell->flow != FLOW_NORMAL || !shell_step(shell))
			return;
		if ((pipeline->operator== '&' && shell->status != 0) ||
		    (pipeline->operator== '|' && shell->status == 0))
			continue;
		execute_pipeline(shell, pipeline);
	}
}

/* After a loop's body: true if the loop ends. */
static bool leaves_loop(struct shell *shell)
{
	if (shell->flow != FLOW_BREAK && shell->flow != FLOW_CONTINUE)
		return shell->flow != FLOW_NORMAL;
	if (--shell->flow_levels)
		return true; /* meant for a loop further out */
	bool ends = shell->flow == FLOW_BREAK;

	shell->flow = FLOW_NORMAL;
	return ends;
}

static void execute_for(struct shell *shell, const struct command *command)
{
	cleanup(strv_free) struct strv items = {0};
	const char *item;

	if (variable_is_special(command->name)) {
		(void)shell_give_up(shell, "a loop over a variable of the shell itself");
		return;
	}
	if (command->all_words && !shell->functions_deep)
		(void)shell_give_up(shell, "the parameters of the script");
	if (command->all_words)
		strv_add_all(&items, &shell->arguments);
	for (const struct word *word = command->words; word; word = word->next)
		expand_fields(shell, word, &items);
	shell->status = 0;
	shell->loops++;
	STRV_FOREACH (item, &items) {
		if (!shell_step(shell))
			break;
		variable_set(&shell->variables, command->name, 0, item);
		execute_list(shell, command->body);
		if (leaves_loop(shell))
			break;
	}
	shell->loops--;
}

static void execute_while(struct shell *shell, const struct command *command)
{
	int status = 0;

	shell->loops++;
	while (shell_step(shell)) {
		execute_list(shell, command->test);
		if (leaves_loop(shell) || (shell->status == 0) == command->until)
			break;
		execute_list(shell, command->body);
		status = shell->status;
		if (leaves_loop(shell))
			break;
	}
	shell->loops--;
	if (shell->flow == FLOW_NORMAL)
		shell->status = status;
}

static bool matches_item(struct shell *shell, const char *text, const struct case_item *item)
{
	for (const struct word *word = item->patterns; word; word = word->next) {
		cleanup(free_string) char *pattern = expand_pattern(shell, word);
		enum pattern_result result = pattern_match(pattern, text, strlen(text));

		if (result == PATTERN_UNSURE ||
		    (!(shell_is_plain_text(text) && shell_is_plain_text(pattern)) &&
		     strpbrk(pattern, "*?[(")))
			return shell_give_up(shell, "this pattern");
		if (result == PATTERN_YES)
			return true;
	}
	return false;
}

static void execute_case(struct shell *shell, const struct command *command)
{
	cleanup(free_string) char *text = expand_text(shell, command->words);
	bool fall_through = false;

	shell->status = 0;
	for (const struct case_item *item = command->items; item; item = item->next) {
		if (shell->flow != FLOW_NORMAL)
			return;
		if (!fall_through && !matches_item(shell, text, item))
			continue;
		if (shell->flow != FLOW_NORMAL)
			return;
		execute_list(shell, item->body);
		fall_through = item->terminator == '&';
		if (item->terminator == ';')
			return;
	}
}

static void execute_if(struct shell *shell, const struct command *command)
{
	execute_list(shell, command->test);
	if (shell->flow != FLOW_NORMAL)
		return;
	if (shell->status == 0)
		execute_list(shell, command->body);
	else if (command->otherwise)
		execute_list(shell, command->otherwise);
	else
		shell->status = 0;
}

static void execute_arithmetic(struct shell *shell, const struct word *expression)
{
	cleanup(free_string) char *text = expand_text(shell, expression);
	int64_t value = 0;

	if (!shell_stopped(shell) && evaluate_arithmetic(shell, text, &value))
		shell->status = value == 0;
}

static void define_function(struct shell *shell, const struct command *command)
{
	if (strchr(command->name, '/') || command_is_foreign_builtin(command->name))
		(void)shell_give_up(shell, "a function of this name");
	(void)strmap_set(&shell->functions, command->name, command->function_body);
	shell->status = 0;
}

static void execute_kind(struct shell *shell, const void *context)
{
	const struct command *command = context;

	switch (command->kind) {
	case COMMAND_SIMPLE: /* not here: execute_command() */
		break;
	case COMMAND_GROUP:
		execute_list(shell, command->body);
		break;
	case COMMAND_SUBSHELL: {
		struct subshell outer = enter_subshell(shell);

		execute_list(shell, command->body);
		leave_subshell(shell, outer);
		break;
	}
	case COMMAND_IF:
		execute_if(shell, command);
		break;
	case COMMAND_FOR:
		execute_for(shell, command);
		break;
	case COMMAND_WHILE:
		execute_while(shell, command);
		break;
	case COMMAND_CASE:
		execute_case(shell, command);
		break;
	case COMMAND_FUNCTION:
		define_function(shell, command);
		break;
	case COMMAND_CONDITION:
		shell->status = evaluate_condition(shell, command->condition);
		break;
	case COMMAND_ARITHMETIC:
		execute_arithmetic(shell, command->expression);
		break;
	}
}

/* What redirections opened. */
struct redirected {
	struct buffer *out, *err;
	struct shell_input *in;
	struct shell_input input;
	char *data;
};

static bool redirect_input(struct shell *shell, const struct redirection *redirection,
			   struct redirected *redirected)
{
	cleanup(free_string) char *text = expand_text(shell, redirection->word);
	struct error error = {0};
	size_t length;
	char *data = NULL;

	if (shell_stopped(shell))
		return false;
	if (redirection->kind == REDIRECT_HERE_STRING) {
		data = text_format("%s\n", text);
		length = strlen(data);
	} else if (!*text || !file_is_regular(text)) {
		if (*text && !file_exists(text)) {
			command_message(shell, "%s: No such file or directory", text);
			shell->status = 1;
			return false;
		}
		return shell_give_up(shell, "input from this file");
	} else if (file_read(text, INPUT_LIMIT, &data, &length, &error) < 0) {
		error_clear(&error);
		return shell_give_up(shell, "input from this file");
	}
	free(redirected->data);
	redirected->data = data;
	redirected->input = (struct shell_input){data, length, 0};
	shell->in = &redirected->input;
	return true;
}

static bool redirect(struct shell *shell, const struct redirection *redirection,
		     struct redirected *redirected)
{
	for (; redirection; redirection = redirection->next) {
		if (redirection->kind == REDIRECT_INPUT ||
		    redirection->kind == REDIRECT_HERE_STRING) {
			if (!redirect_input(shell, redirection, redirected))
				return false;
		} else if (redirection->fd == 0) {
			return shell_give_up(shell, "this redirection");
		} else {
			struct buffer *source = redirection->kind == REDIRECT_NULL ? NULL
						: redirection->source == 1         ? shell->out
										   : shell->err;

			*(redirection->fd == 1 ? &shell->out : &shell->err) = source;
		}
	}
	return true;
}

void execute_redirected(struct shell *shell, const struct redirection *redirections,
			void (*run)(struct shell *shell, const void *context), const void *context)
{
	struct redirected redirected = {.out = shell->out, .err = shell->err, .in = shell->in};

	if (redirect(shell, redirections, &redirected))
		run(shell, context);
	shell->out = redirected.out;
	shell->err = redirected.err;
	shell->in = redirected.in;
	free(redirected.data);
}

static void execute_command(struct shell *shell, const struct command *command)
{
	if (!shell_step(shell))
		return;
	shell->variables.line = command->line;
	/* A simple command expands its words before it redirects. */
	if (command->kind == COMMAND_SIMPLE)
		execute_simple(shell, command);
	else if (!command->redirections)
		execute_kind(shell, command);
	else
		execute_redirected(shell, command->redirections, execute_kind, command);
}

bool execute_text(struct shell *shell, const char *text, size_t length, const char *file)
{
	const char *outer_file = shell->variables.file;
	struct parser parser = {0};
	struct list *list = parse_script(&parser, shell->arena, text, length, 1);

	shell->variables.file = file;
	if (!list) {
		shell->variables.line = parser.failed_line;
		return shell_give_up(shell, parser.reason);
	}
	execute_list(shell, list);
	shell->variables.file = outer_file;
	return !shell_stopped(shell);
}
