/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/evaluator.h"

#include <string.h>

#include "base/cleanup.h"
#include "conf/parser.h"
#include "conf/second_pass.h"

/* The file as far as it is parsed before anything is evaluated. */
struct document {
	const char *file;
	struct list *list;
};

static enum evaluator_result parse_failed(const struct parser *parser, const char *file,
					  char **ret_reason)
{
	if (parser->result == PARSE_WRONG) {
		*ret_reason = text_format("%s:%u:%u: expected %s", file, parser->failed_line,
					  parser->failed_column, parser->reason);
		return EVALUATOR_WRONG;
	}
	*ret_reason = text_format("%s:%u: %s", file, parser->failed_line, parser->reason);
	return EVALUATOR_NEEDS_BASH;
}

static enum evaluator_result stopped(const struct shell *shell, char **ret_reason)
{
	*ret_reason = text_format("%s:%u: %s", shell->stop_file ? shell->stop_file : "dkms",
				  shell->stop_line, shell->stop_reason);
	return shell->stop == STOP_LIMIT ? EVALUATOR_ENDLESS : EVALUATOR_NEEDS_BASH;
}

static void set_variables(struct shell *shell, const struct evaluate_input *input)
{
	for (const char *const *name = input->names; *name; name++)
		variable_unset(&shell->variables, *name);
	for (size_t i = 0; i < input->variable_count; i++)
		variable_set(&shell->variables, input->variables[i].name, 0,
			     input->variables[i].value);
}

/* Both passes of one file; false: given up. */
static void keep_first_pass(const struct directives *directives, struct conf_values *first_pass)
{
	for (size_t i = 0; first_pass && i < directives->count; i++) {
		const struct directive *directive = &directives->items[i];
		cleanup(free_string) char *origin = directive->file
							    ? text_format("%s:%u", directive->file,
									  directive->line)
							    : NULL;

		conf_values_set(first_pass, directive->name, directive->index, directive->text,
				origin);
	}
}

static bool evaluate_document(struct shell *shell, const struct evaluate_input *input,
			      const struct document *document)
{
	cleanup(directives_free) struct directives directives = {0};

	shell->variables.file = document->file;
	shell->variables.line = 1;
	shell->status = 0;
	variables_push(&shell->variables, SCOPE_SUBSHELL);
	execute_list(shell, document->list);
	/* An exit ends the subshell before it writes anything out. */
	if (shell->flow == FLOW_NORMAL || shell->flow == FLOW_RETURN)
		directives_collect(shell, input->names, &directives);
	variables_pop(&shell->variables);
	strmap_free(&shell->functions, NULL);
	if (shell_stopped(shell))
		return false;
	shell->flow = FLOW_NORMAL;
	keep_first_pass(&directives, input->first_pass);
	return directives_restore(shell, &directives);
}

static void hand_over(struct shell *shell, const struct evaluate_input *input,
		      struct conf_values *ret)
{
	for (const char *const *name = input->names; *name; name++) {
		const struct variable *variable = variable_get(&shell->variables, *name);

		for (size_t i = 0; i < variable->count; i++) {
			const struct element_value *value = &variable->values[i];
			cleanup(free_string) char *origin = value->file ? text_format("%s:%u",
										      value->file,
										      value->line)
									: NULL;

			conf_values_set(ret, *name, value->index, value->text, origin);
		}
	}
}

static enum evaluator_result parse_all(struct arena *arena, const struct evaluate_input *input,
				       const struct strv *texts, struct document *documents,
				       char **ret_reason)
{
	for (size_t i = 0; i < texts->count; i++) {
		struct parser parser = {0};
		const char *text = texts->items[i];

		documents[i].file = input->files->items[i];
		documents[i].list = parse_script(&parser, arena, text, strlen(text), 1);
		if (!documents[i].list)
			return parse_failed(&parser, documents[i].file, ret_reason);
	}
	return EVALUATOR_DONE;
}

enum evaluator_result builtin_evaluate(const struct evaluate_input *input, const struct strv *texts,
				       struct conf_values *ret, struct buffer *messages,
				       char **ret_reason)
{
	cleanup(arena_free) struct arena arena = {0};
	cleanup(shell_free) struct shell shell;
	struct document *documents = arena_alloc(&arena, (texts->count + 1) * sizeof(*documents));
	enum evaluator_result result;

	shell_init(&shell, &arena);
	shell.err = messages;
	result = parse_all(&arena, input, texts, documents, ret_reason);
	if (result != EVALUATOR_DONE)
		return result;
	set_variables(&shell, input);
	for (size_t i = 0; i < texts->count; i++)
		if (!evaluate_document(&shell, input, &documents[i]))
			return stopped(&shell, ret_reason);
	hand_over(&shell, input, ret);
	return EVALUATOR_DONE;
}
