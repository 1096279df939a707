/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/second_pass.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "conf/expansion.h"

/* Stands for the file of the second pass until origins are put right. */
static const char second_pass[] = "second pass";

void directives_collect(struct shell *shell, const char *const *names,
			struct directives *directives)
{
	for (; *names; names++) {
		const struct variable *variable = variable_get(&shell->variables, *names);

		for (size_t i = 0; i < variable->count; i++) {
			const struct element_value *value = &variable->values[i];

			if (directives->count == directives->capacity) {
				directives->capacity = directives->capacity
							       ? directives->capacity * 2
							       : 32;
				directives->items = xreallocarray(directives->items,
								  directives->capacity,
								  sizeof(*directives->items));
			}
			directives->items[directives->count++] = (struct directive){
				*names, value->index, xstrdup(value->text), value->file,
				value->line};
		}
	}
}

void directives_free(struct directives *directives)
{
	for (size_t i = 0; i < directives->count; i++)
		free(directives->items[i].text);
	free(directives->items);
	*directives = (struct directives){0};
}

bool directive_is_stable(const char *text)
{
	char last = ' '; /* a blank at the beginning counts as a second one */
	bool empty = !*text;

	for (; *text; text++) {
		if (strchr("\"$`\\*?[\r\t\n", *text) || (*text == ' ' && last == ' ') ||
		    (*text == '(' && strchr("+@!", last)))
			return false;
		last = *text;
	}
	return last != ' ' || empty;
}

static void restore_one(struct shell *shell, const struct directive *directive)
{
	shell->variables.file = directive->file;
	shell->variables.line = directive->line;
	variable_set(&shell->variables, directive->name, directive->index, directive->text);
}

/* One directive as the line that the second pass reads. */
static void write_out(struct shell *shell, const struct directive *directive, struct buffer *lines)
{
	size_t length = strlen(directive->text);
	cleanup(free_string) char *prefix = text_format("%s[%ld]=\"", directive->name,
							directive->index);
	cleanup(strv_free) struct strv words = {0};

	if (length && directive->text[length - 1] == '\r')
		length--;
	cleanup(free_string) char *value = text_format("%.*s\"", (int)length, directive->text);

	expand_split(shell, prefix, value, &words);
	cleanup(free_string) char *line = strv_join(&words, " ");

	buffer_add_text(lines, line);
	buffer_add_char(lines, '\n');
}

/* Elements set in the second pass get the origins that they had in the first. */
static void restore_origins(struct shell *shell, const struct directives *directives)
{
	for (size_t i = 0; i < directives->count; i++) {
		const struct directive *directive = &directives->items[i];
		struct element_value *value = variable_element(&shell->variables, directive->name,
							       directive->index);

		if (value && value->file == second_pass) {
			value->file = directive->file;
			value->line = directive->line;
		}
	}
}

static bool evaluate_lines(struct shell *shell, const struct directives *directives)
{
	cleanup(buffer_free) struct buffer lines = {0};

	for (size_t i = 0; i < directives->count && !shell_stopped(shell); i++)
		write_out(shell, &directives->items[i], &lines);
	if (shell_stopped(shell))
		return false;
	char *text = arena_strndup(shell->arena, lines.data ? lines.data : "", lines.length);

	if (!execute_text(shell, text, lines.length, second_pass))
		return false;
	if (shell->flow == FLOW_EXIT)
		return shell_give_up(shell, "an exit in the second pass");
	shell->flow = FLOW_NORMAL;
	restore_origins(shell, directives);
	return true;
}

bool directives_restore(struct shell *shell, const struct directives *directives)
{
	bool stable = true;

	for (size_t i = 0; i < directives->count; i++)
		stable = stable && directive_is_stable(directives->items[i].text);
	if (!stable)
		return evaluate_lines(shell, directives);
	for (size_t i = 0; i < directives->count; i++)
		restore_one(shell, &directives->items[i]);
	return true;
}
