/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words → strings, patterns, or fields after splitting and globbing. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "conf/expansion.h"
#include "conf/pattern.h"

enum { TEXT_LIMIT = 4 * 1024 * 1024 };

void expansion_add(struct expansion *expansion, const char *text, size_t length, enum mark mark)
{
	buffer_add(&expansion->text, text, length);
	for (size_t i = 0; i < length; i++)
		buffer_add_char(&expansion->marks, (char)mark);
}

void expansion_mark(struct expansion *expansion, enum mark mark)
{
	buffer_add_char(&expansion->text, '\0');
	buffer_add_char(&expansion->marks, (char)mark);
}

void expansion_free(struct expansion *expansion)
{
	buffer_free(&expansion->text);
	buffer_free(&expansion->marks);
}

static void add_value(struct expansion *expansion, const char *text, bool quoted)
{
	if (quoted)
		expansion_mark(expansion, MARK_PRESENT);
	expansion_add(expansion, text, strlen(text), quoted ? MARK_QUOTED : MARK_EXPANDED);
}

static void expand_arithmetic(struct shell *shell, const struct word *expression, bool quoted,
			      struct expansion *expansion)
{
	cleanup(free_string) char *text = expand_text(shell, expression);
	int64_t value = 0;
	char number[32];

	if (shell_stopped(shell) || !evaluate_arithmetic(shell, text, &value))
		return;
	(void)snprintf(number, sizeof(number), "%lld", (long long)value);
	add_value(expansion, number, quoted);
}

static void expand_part(struct shell *shell, const struct part *part, bool quoted,
			struct expansion *expansion)
{
	quoted |= part->quoted;
	switch (part->kind) {
	case PART_TEXT:
		if (quoted)
			expansion_mark(expansion, MARK_PRESENT);
		expansion_add(expansion, part->text, part->length,
			      quoted ? MARK_QUOTED : MARK_LITERAL);
		break;
	case PART_PARAMETER:
		expand_parameter(shell, part, quoted, expansion);
		break;
	case PART_COMMAND: {
		cleanup(free_string) char *output = execute_substitution(shell, part->list);

		add_value(expansion, output, quoted);
		break;
	}
	case PART_ARITHMETIC:
		expand_arithmetic(shell, part->expression, quoted, expansion);
		break;
	}
}

void expand_parts(struct shell *shell, const struct word *word, bool quoted,
		  struct expansion *expansion)
{
	for (const struct part *part = word ? word->first : NULL; part; part = part->next) {
		if (!shell_steps(shell, expansion->text.length / 16))
			return;
		if (expansion->text.length > TEXT_LIMIT) {
			(void)shell_steps(shell, SIZE_MAX); /* over any limit */
			return;
		}
		expand_part(shell, part, quoted, expansion);
	}
}

char *expand_text(struct shell *shell, const struct word *word)
{
	cleanup(expansion_free) struct expansion expansion = {0};
	cleanup(buffer_free) struct buffer text = {0};
	const struct part *part = word ? word->first : NULL;

	if (part && !part->next && part->kind == PART_TEXT)
		return xstrndup(part->text, part->length);
	expand_parts(shell, word, false, &expansion);
	for (size_t i = 0; i < expansion.text.length; i++) {
		char mark = expansion.marks.data[i];

		if (mark == MARK_BREAK)
			buffer_add_char(&text, ' ');
		else if (mark != MARK_PRESENT)
			buffer_add_char(&text, expansion.text.data[i]);
	}
	return buffer_take(&text);
}

/* Characters of a word from begin to end as a pattern. */
static char *pattern_of(const struct expansion *expansion, size_t begin, size_t end)
{
	cleanup(buffer_free) struct buffer pattern = {0};

	for (size_t i = begin; i < end; i++) {
		char mark = expansion->marks.data[i];

		if (mark == MARK_PRESENT || mark == MARK_BREAK)
			continue;
		if (mark == MARK_QUOTED)
			buffer_add_char(&pattern, '\\');
		buffer_add_char(&pattern, expansion->text.data[i]);
	}
	return buffer_take(&pattern);
}

char *expand_pattern(struct shell *shell, const struct word *word)
{
	cleanup(expansion_free) struct expansion expansion = {0};

	expand_parts(shell, word, false, &expansion);
	return pattern_of(&expansion, 0, expansion.text.length);
}

char *expand_regex(struct shell *shell, const struct word *word)
{
	cleanup(expansion_free) struct expansion expansion = {0};
	cleanup(buffer_free) struct buffer regex = {0};
	bool bracket = false, quoted = false;

	expand_parts(shell, word, false, &expansion);
	for (size_t i = 0; i < expansion.text.length; i++) {
		char mark = expansion.marks.data[i], c = expansion.text.data[i];

		if (mark == MARK_PRESENT || mark == MARK_BREAK)
			continue;
		if (mark == MARK_QUOTED && strchr(".[()*+?{^$|\\", c))
			buffer_add_char(&regex, '\\');
		bracket |= mark != MARK_QUOTED && c == '[';
		quoted |= mark == MARK_QUOTED;
		buffer_add_char(&regex, c);
	}
	if (bracket && quoted)
		(void)shell_give_up(shell, "a regular expression with quotes and brackets");
	return buffer_take(&regex);
}

/* True if globbing would look for files: an unquoted *, ? or [, or an extended pattern. */
static bool is_glob(const struct expansion *expansion, size_t begin, size_t end)
{
	char last = '\0';

	for (size_t i = begin; i < end; i++) {
		char mark = expansion->marks.data[i], c = expansion->text.data[i];

		if (mark == MARK_PRESENT || mark == MARK_BREAK)
			continue;
		if (mark == MARK_QUOTED) {
			last = '\0';
			continue;
		}
		if (c == '\\') { /* from an expansion: quotes what follows */
			i++;
			last = '\0';
			continue;
		}
		if (strchr("*?[", c) || (c == '(' && last && strchr("+@!", last)))
			return true;
		last = c;
	}
	return false;
}

static void finish_field(struct shell *shell, const struct expansion *expansion, size_t begin,
			 size_t end, struct strv *fields)
{
	cleanup(buffer_free) struct buffer text = {0};

	if (is_glob(expansion, begin, end)) {
		cleanup(free_string) char *pattern = pattern_of(expansion, begin, end);

		if (expand_pathname(shell, pattern, fields))
			return;
	}
	for (size_t i = begin; i < end; i++)
		if (expansion->text.data[i])
			buffer_add_char(&text, expansion->text.data[i]);
	if (expansion->empty_list && !text.length)
		(void)shell_give_up(shell, "an empty list in an empty word");
	strv_add_owned(fields, buffer_take(&text));
}

static bool is_separator(char c, char mark)
{
	return mark == MARK_EXPANDED && (c == ' ' || c == '\t' || c == '\n');
}

static void split(struct shell *shell, const struct expansion *expansion, struct strv *fields)
{
	size_t begin = 0, length = expansion->text.length;
	bool started = false;

	for (size_t i = 0; i <= length && shell_step(shell); i++) {
		char mark = i < length ? expansion->marks.data[i] : MARK_BREAK;

		if (mark == MARK_BREAK || is_separator(expansion->text.data[i], mark)) {
			if (started)
				finish_field(shell, expansion, begin, i, fields);
			started = false;
		} else if (!started) {
			started = true;
			begin = i;
		}
	}
}

/* The text of a word in which nothing can be expanded, or NULL. */
static const char *plain_field(const struct word *word)
{
	const struct part *part = word->first;

	if (!part || part->next || part->kind != PART_TEXT)
		return NULL;
	return part->quoted || !strpbrk(part->text, "*?[(\\") ? part->text : NULL;
}

void expand_fields(struct shell *shell, const struct word *word, struct strv *fields)
{
	cleanup(expansion_free) struct expansion expansion = {0};
	const char *literal = plain_field(word);

	if (literal) {
		strv_add(fields, literal);
		return;
	}
	expand_parts(shell, word, false, &expansion);
	split(shell, &expansion, fields);
}

void expand_split(struct shell *shell, const char *quoted, const char *unquoted,
		  struct strv *fields)
{
	cleanup(expansion_free) struct expansion expansion = {0};

	expansion_add(&expansion, quoted, strlen(quoted), MARK_QUOTED);
	expansion_add(&expansion, unquoted, strlen(unquoted), MARK_EXPANDED);
	split(shell, &expansion, fields);
}

bool subscript_index(struct shell *shell, const char *text, const char *name, long *ret_index)
{
	int64_t index = 0;

	if (text_equal(text, "@") || text_equal(text, "*") || text_empty(text))
		return shell_give_up(shell, "this subscript");
	if (!evaluate_arithmetic(shell, text, &index))
		return false;
	if (index < 0)
		index = variable_index_from_end(variable_get(&shell->variables, name), (long)index);
	if (index < 0)
		return shell_give_up(shell, "a subscript before the array");
	*ret_index = (long)index;
	return true;
}

bool expand_subscript(struct shell *shell, const struct word *word, const char *name,
		      long *ret_index)
{
	if (!word) {
		*ret_index = 0;
		return !shell_stopped(shell);
	}
	cleanup(free_string) char *text = expand_text(shell, word);

	return !shell_stopped(shell) && subscript_index(shell, text, name, ret_index);
}
