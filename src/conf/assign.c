/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assignments to variables, elements and whole arrays. */
#include <limits.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "conf/shell.h"

static void assign_element(struct shell *shell, const char *name, long index, bool append,
			   const char *text)
{
	const char *old = append ? variable_text(&shell->variables, name, index) : NULL;

	if (!shell_steps(shell, old ? strlen(old) : 0))
		return;
	if (!old) {
		variable_set(&shell->variables, name, index, text);
		return;
	}
	cleanup(free_string) char *both = text_format("%s%s", old, text);

	variable_set(&shell->variables, name, index, both);
}

void assign_scalar(struct shell *shell, const char *name, bool append, const char *text)
{
	if (variable_is_special(name))
		(void)shell_give_up(shell, "an assignment to a variable of the shell itself");
	else
		assign_element(shell, name, 0, append, text);
}

/* Elements of a list after expansion, before the array is touched: they may name it. */
struct expanded {
	struct strv subscripts; /* "" where there is none */
	struct strv texts;
	struct strv append; /* "+" or "" */
};

static void expanded_free(struct expanded *expanded)
{
	strv_free(&expanded->subscripts);
	strv_free(&expanded->texts);
	strv_free(&expanded->append);
}

static void expand_elements(struct shell *shell, const struct element *element,
			    struct expanded *expanded)
{
	for (; element && shell_step(shell); element = element->next) {
		if (!element->subscript) {
			expand_fields(shell, element->value, &expanded->texts);
		} else {
			cleanup(free_string) char *subscript = expand_text(shell,
									   element->subscript);

			if (text_empty(subscript))
				(void)shell_give_up(shell, "this subscript");
			strv_add(&expanded->subscripts, subscript);
			strv_add_owned(&expanded->texts, expand_text(shell, element->value));
		}
		while (expanded->subscripts.count < expanded->texts.count)
			strv_add(&expanded->subscripts, "");
		while (expanded->append.count < expanded->texts.count)
			strv_add(&expanded->append, element->append ? "+" : "");
	}
}

static void assign_compound(struct shell *shell, const struct assignment *assignment)
{
	const char *name = assignment->name;
	cleanup(expanded_free) struct expanded expanded = {0};
	long index = -1;

	expand_elements(shell, assignment->elements, &expanded);
	if (shell_stopped(shell))
		return;
	if (assignment->append)
		index = variable_last_index(variable_get(&shell->variables, name));
	else
		variable_unset(&shell->variables, name);
	for (size_t i = 0; i < expanded.texts.count; i++) {
		const char *subscript = expanded.subscripts.items[i];

		if (*subscript && !subscript_index(shell, subscript, name, &index))
			return;
		if (!*subscript && index == LONG_MAX)
			(void)shell_give_up(shell, "the highest index");
		else if (!*subscript)
			index++;
		assign_element(shell, name, index, *expanded.append.items[i],
			       expanded.texts.items[i]);
	}
}

static void assign(struct shell *shell, const struct assignment *assignment)
{
	long index = 0;

	if (variable_is_special(assignment->name)) {
		(void)shell_give_up(shell, "an assignment to a variable of the shell itself");
		return;
	}
	if (assignment->compound) {
		assign_compound(shell, assignment);
		return;
	}
	cleanup(free_string) char *text = expand_text(shell, assignment->value);

	if (expand_subscript(shell, assignment->subscript, assignment->name, &index))
		assign_element(shell, assignment->name, index, assignment->append, text);
}

void execute_assignments(struct shell *shell, const struct assignment *assignments)
{
	for (; assignments && shell_step(shell); assignments = assignments->next) {
		shell->variables.line = assignments->line;
		assign(shell, assignments);
	}
}
