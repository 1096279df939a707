/* SPDX-License-Identifier: GPL-2.0-or-later */
/* $x and all forms of ${…}. */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "conf/expansion.h"
#include "conf/pattern.h"

/* One expansion: where it stands and what it found. */
struct subject {
	struct shell *shell;
	const struct parameter *parameter;
	bool quoted;
	struct expansion *expansion;
	long index;
	const char *value; /* NULL: unset */
	char number[24];   /* holds the value of $# and $? */
};

static void add(const struct subject *subject, const char *text, size_t length)
{
	if (subject->quoted)
		expansion_mark(subject->expansion, MARK_PRESENT);
	expansion_add(subject->expansion, text, length,
		      subject->quoted ? MARK_QUOTED : MARK_EXPANDED);
}

static void add_text(const struct subject *subject, const char *text)
{
	add(subject, text, strlen(text));
}

/* The length of the leading part (or, from the end, trailing part) that the pattern matches. */
static bool match_edge(struct shell *shell, const char *pattern, const char *text, bool suffix,
		       bool longest, size_t *ret_length)
{
	size_t length = strlen(text);

	for (size_t i = 0; i <= length && shell_steps(shell, length); i++) {
		size_t part = longest ? length - i : i;
		enum pattern_result result = pattern_match(
			pattern, suffix ? text + length - part : text, part);

		if (result == PATTERN_UNSURE)
			return shell_give_up(shell, "this pattern");
		if (result == PATTERN_YES) {
			*ret_length = part;
			return true;
		}
	}
	return false;
}

/* The argument as a pattern, if value and it are such that bytes are characters. */
static char *pattern_argument(const struct subject *subject)
{
	char *pattern = expand_pattern(subject->shell, subject->parameter->argument);

	if (!shell_is_plain_text(pattern) || !shell_is_plain_text(subject->value))
		(void)shell_give_up(subject->shell, "a pattern on text that is not ASCII");
	return pattern;
}

static void remove_edge(const struct subject *subject)
{
	bool suffix = subject->parameter->operation == PARAMETER_SUFFIX;
	cleanup(free_string) char *pattern = pattern_argument(subject);
	const char *text = subject->value;
	size_t length = strlen(text), matched = 0;

	if (!match_edge(subject->shell, pattern, text, suffix, subject->parameter->twice, &matched))
		matched = 0;
	add(subject, suffix ? text : text + matched, length - matched);
}

/* The longest match of pattern that begins at text; false if there is none. */
static bool match_here(struct shell *shell, const char *pattern, const char *text, bool to_end,
		       size_t *ret_length)
{
	if (!to_end)
		return match_edge(shell, pattern, text, false, true, ret_length);
	*ret_length = strlen(text);
	switch (pattern_match(pattern, text, *ret_length)) {
	case PATTERN_UNSURE:
		return shell_give_up(shell, "this pattern");
	case PATTERN_YES:
		return true;
	case PATTERN_NO:
		break;
	}
	return false;
}

static void replace_matches(const struct subject *subject, const char *pattern,
			    const char *replacement, struct buffer *result)
{
	const struct parameter *parameter = subject->parameter;
	const char *text = subject->value;
	bool more = true;

	while (*text && shell_steps(subject->shell, result->length / 16)) {
		size_t length = 0;

		if (more &&
		    match_here(subject->shell, pattern, text, parameter->anchor == '%', &length) &&
		    length) {
			buffer_add_text(result, replacement);
			text += length;
			more = parameter->twice;
			continue;
		}
		if (parameter->anchor == '#')
			more = false;
		buffer_add_char(result, *text++);
	}
}

static void replace(const struct subject *subject)
{
	cleanup(free_string) char *pattern = pattern_argument(subject);
	cleanup(free_string) char *replacement = expand_text(subject->shell,
							     subject->parameter->second);
	cleanup(buffer_free) struct buffer result = {0};

	/* Versions of bash differ in what & and \ mean in the replacement. */
	if (strpbrk(replacement, "&\\"))
		(void)shell_give_up(subject->shell, "& or \\ in a replacement");
	if (!*pattern) {
		/* An empty pattern replaces nothing, but at an edge it inserts. */
		if (subject->parameter->anchor)
			(void)shell_give_up(subject->shell, "an empty pattern");
		add_text(subject, subject->value);
		return;
	}
	if (!*subject->value)
		(void)shell_give_up(subject->shell, "a replacement in empty text");
	replace_matches(subject, pattern, replacement, &result);
	add(subject, result.data ? result.data : "", result.length);
}

static bool evaluate_offset(struct shell *shell, const struct word *word, int64_t *ret_value)
{
	cleanup(free_string) char *text = expand_text(shell, word);

	return !shell_stopped(shell) && evaluate_arithmetic(shell, text, ret_value);
}

static void substring(const struct subject *subject)
{
	struct shell *shell = subject->shell;
	int64_t length = (int64_t)strlen(subject->value), offset = 0, count = length;

	if (!shell_is_plain_text(subject->value))
		(void)shell_give_up(shell, "a part of text that is not ASCII");
	if (!evaluate_offset(shell, subject->parameter->argument, &offset))
		return;
	if (subject->parameter->second &&
	    !evaluate_offset(shell, subject->parameter->second, &count))
		return;
	if (offset < 0)
		offset += length;
	if (offset < 0 || offset > length) {
		add_text(subject, "");
		return;
	}
	if (count < 0) {
		count += length - offset;
		if (count < 0) {
			(void)shell_give_up(shell, "a substring that ends before it begins");
			return;
		}
	}
	if (count > length - offset)
		count = length - offset;
	add(subject, subject->value + offset, (size_t)count);
}

static void change_case(const struct subject *subject)
{
	bool upper = subject->parameter->operation == PARAMETER_UPPER;
	cleanup(free_string) char *text = xstrdup(subject->value);

	if (!shell_is_plain_text(text) || !shell_has_plain_case())
		(void)shell_give_up(subject->shell, "the case of text that is not ASCII");
	for (char *c = text; *c; c++) {
		*c = (char)(upper ? toupper((unsigned char)*c) : tolower((unsigned char)*c));
		if (!subject->parameter->twice)
			break;
	}
	add_text(subject, text);
}

static void assign_default(const struct subject *subject)
{
	cleanup(free_string) char *text = expand_text(subject->shell, subject->parameter->argument);
	const char *name = subject->parameter->name;

	if (!isalpha((unsigned char)*name) && *name != '_') {
		(void)shell_give_up(subject->shell, "an assignment to this parameter");
		return;
	}
	variable_set(&subject->shell->variables, name, subject->index, text);
	add_text(subject, text);
}

/* ${x-w} and its kin. */
static void choose(const struct subject *subject)
{
	const struct parameter *parameter = subject->parameter;
	const char *value = subject->value;
	bool present = value && (!parameter->colon || *value);

	if (parameter->operation == PARAMETER_ALTERNATE) {
		if (present)
			expand_parts(subject->shell, parameter->argument, subject->quoted,
				     subject->expansion);
		if (subject->quoted)
			expansion_mark(subject->expansion, MARK_PRESENT);
	} else if (present) {
		add_text(subject, value);
	} else if (parameter->operation == PARAMETER_ASSIGN) {
		assign_default(subject);
	} else if (parameter->operation == PARAMETER_ERROR) {
		(void)shell_give_up(subject->shell, "${…?…} of what is not set");
	} else {
		if (subject->quoted)
			expansion_mark(subject->expansion, MARK_PRESENT);
		expand_parts(subject->shell, parameter->argument, subject->quoted,
			     subject->expansion);
	}
}

static void add_length(const struct subject *subject)
{
	char number[24];

	if (subject->value && !shell_is_plain_text(subject->value))
		(void)shell_give_up(subject->shell, "the length of text that is not ASCII");
	(void)snprintf(number, sizeof(number), "%zu", subject->value ? strlen(subject->value) : 0);
	add_text(subject, number);
}

static void operate(const struct subject *subject)
{
	switch (subject->parameter->operation) {
	case PARAMETER_DEFAULT:
	case PARAMETER_ASSIGN:
	case PARAMETER_ERROR:
	case PARAMETER_ALTERNATE:
		choose(subject);
		return;
	case PARAMETER_LENGTH:
		add_length(subject);
		return;
	default:
		break;
	}
	if (!subject->value || subject->parameter->operation == PARAMETER_PLAIN)
		add_text(subject, subject->value ? subject->value : "");
	else if (subject->parameter->operation == PARAMETER_REPLACE)
		replace(subject);
	else if (subject->parameter->operation == PARAMETER_SUBSTRING)
		substring(subject);
	else if (subject->parameter->operation == PARAMETER_UPPER ||
		 subject->parameter->operation == PARAMETER_LOWER)
		change_case(subject);
	else
		remove_edge(subject);
}

/* The value of a parameter that is no list. */
static bool look_up(struct subject *subject)
{
	struct shell *shell = subject->shell;
	const char *name = subject->parameter->name;

	if (isdigit((unsigned char)*name)) {
		unsigned long number = strtoul(name, NULL, 10);

		if (!shell->functions_deep || !number)
			return shell_give_up(shell, "a parameter of the script");
		if (number <= shell->arguments.count)
			subject->value = shell->arguments.items[number - 1];
		return true;
	}
	if (*name == '#' || *name == '?') {
		if (*name == '#' && !shell->functions_deep)
			return shell_give_up(shell, "a parameter of the script");
		(void)snprintf(subject->number, sizeof(subject->number), "%d",
			       *name == '#' ? (int)shell->arguments.count : shell->status);
		subject->value = subject->number;
		return true;
	}
	if (variable_is_special(name))
		return shell_give_up(shell, "a variable of the shell itself");
	if (!expand_subscript(shell, subject->parameter->subscript, name, &subject->index))
		return false;
	subject->value = variable_text(&shell->variables, name, subject->index);
	return true;
}

static void collect(struct shell *shell, const struct parameter *parameter, struct strv *items)
{
	if (!parameter->all) {
		strv_add_all(items, &shell->arguments);
		return;
	}
	const struct variable *variable = variable_get(&shell->variables, parameter->name);

	for (size_t i = 0; i < variable->count; i++) {
		if (parameter->operation == PARAMETER_INDICES)
			strv_add_format(items, "%ld", variable->values[i].index);
		else
			strv_add(items, variable->values[i].text);
	}
}

/* "$@", ${x[@]} and their kin: each item a word of its own. */
static void add_items(const struct subject *subject, const struct strv *items, bool joined)
{
	for (size_t i = 0; i < items->count && shell_step(subject->shell); i++) {
		if (i && joined && subject->quoted)
			add(subject, " ", 1);
		else if (i)
			expansion_mark(subject->expansion, MARK_BREAK);
		add_text(subject, items->items[i]);
	}
	if (joined && subject->quoted)
		expansion_mark(subject->expansion, MARK_PRESENT);
	else if (!items->count)
		subject->expansion->empty_list = true;
}

static void expand_list(const struct subject *subject)
{
	const struct parameter *parameter = subject->parameter;
	cleanup(strv_free) struct strv items = {0};
	char number[24];

	if (parameter->all ? variable_is_special(parameter->name)
			   : !subject->shell->functions_deep) {
		(void)shell_give_up(subject->shell, "a list of the shell itself");
		return;
	}
	collect(subject->shell, parameter, &items);
	if (parameter->operation == PARAMETER_LENGTH) {
		(void)snprintf(number, sizeof(number), "%zu", items.count);
		add_text(subject, number);
	} else if (parameter->operation == PARAMETER_PLAIN ||
		   parameter->operation == PARAMETER_INDICES) {
		add_items(subject, &items, parameter->all == '*' || *parameter->name == '*');
	} else {
		(void)shell_give_up(subject->shell, "this operation on a list");
	}
}

void expand_parameter(struct shell *shell, const struct part *part, bool quoted,
		      struct expansion *expansion)
{
	const struct parameter *parameter = part->parameter;
	struct subject subject = {
		.shell = shell,
		.parameter = parameter,
		.quoted = quoted,
		.expansion = expansion,
	};

	if (parameter->all || *parameter->name == '@' || *parameter->name == '*')
		expand_list(&subject);
	else if (look_up(&subject))
		operate(&subject);
}
