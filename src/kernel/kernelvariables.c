/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernelvariables.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"

static const size_t file_limit = 64UL << 10;
static const size_t value_limit = 4096;
static const int reference_limit = 256; /* a variable that names itself ends here */

static const char blanks[] = " \t";

/* --- reading assignments --- */

struct reader {
	struct strmap variables; /* name → unexpanded value (char *) */
	int conditionals;        /* open ifeq, ifneq, ifdef, ifndef */
	int references;          /* expanded so far */
};

static bool takes_word(const char **text, const char *word)
{
	size_t length = strlen(word);

	if (!text_starts_with(*text, word) || !strchr(blanks, (*text)[length]))
		return false;
	*text += length;
	*text += strspn(*text, blanks);
	return true;
}

/* True if the line opens or closes a conditional, or stands inside one. */
static bool is_conditional(struct reader *reader, const char *line)
{
	static const char *const openers[] = {"ifeq", "ifneq", "ifdef", "ifndef"};

	for (size_t i = 0; i < sizeof(openers) / sizeof(*openers); i++) {
		if (takes_word(&line, openers[i])) {
			reader->conditionals++;
			return true;
		}
	}
	if (takes_word(&line, "endif")) {
		reader->conditionals -= reader->conditionals > 0;
		return true;
	}
	return reader->conditionals > 0;
}

static void assign(struct reader *reader, const char *name, size_t name_length, const char *sign,
		   const char *value)
{
	cleanup(free_string) char *key = xstrndup(name, name_length);

	if (*sign == '?' && (strmap_get(&reader->variables, key) || getenv(key)))
		return;
	free(strmap_set(&reader->variables, key, text_trimmed(value)));
}

static void read_line(struct reader *reader, char *line)
{
	static const char *const signs[] = {"::=", ":=", "?=", "="};
	const char *name = line;

	line[strcspn(line, "#")] = '\0';
	if (*line == '\t') /* a command */
		return;
	name += strspn(name, blanks);
	if (is_conditional(reader, name))
		return;
	while (takes_word(&name, "override") || takes_word(&name, "export") ||
	       takes_word(&name, "private"))
		;
	size_t length = strcspn(name, " \t:=?+!");
	const char *sign = name + length + strspn(name + length, blanks);

	for (size_t i = 0; length && i < sizeof(signs) / sizeof(*signs); i++)
		if (text_starts_with(sign, signs[i])) {
			assign(reader, name, length, sign, sign + strlen(signs[i]));
			return;
		}
}

/* Cuts text into lines, a backslash at the end of one joining the next. */
static void read_text(struct reader *reader, char *text)
{
	for (char *line = text, *scan = text; *line; scan = line) {
		while (*scan && *scan != '\n') {
			if (scan[0] == '\\' && scan[1] == '\n')
				scan[0] = scan[1] = ' ';
			scan++;
		}
		char *next = *scan ? scan + 1 : scan;

		*scan = '\0';
		read_line(reader, line);
		line = next;
	}
}

/* --- expanding values --- */

static bool expand(struct reader *reader, const char *text, size_t length, struct buffer *out);

static bool expand_variable(struct reader *reader, const char *name, size_t length,
			    struct buffer *out)
{
	cleanup(free_string) char *key = xstrndup(name, length);
	const char *value = strmap_get(&reader->variables, key);

	if (value)
		return expand(reader, value, strlen(value), out);
	value = getenv(key);
	buffer_add_text(out, value ? value : "");
	return out->length <= value_limit;
}

/* The length of text up to a comma outside of parentheses and braces. */
static size_t argument_length(const char *text, size_t length)
{
	int depth = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '(' || text[i] == '{')
			depth++;
		else if (text[i] == ')' || text[i] == '}')
			depth--;
		else if (text[i] == ',' && depth == 0)
			return i;
	}
	return length;
}

/* CONDITION,THEN[,ELSE] of $(if …): the branch is everything after its comma, as in make. */
static bool expand_if(struct reader *reader, const char *text, size_t length, struct buffer *out)
{
	cleanup(buffer_free) struct buffer condition = {0};
	size_t end = argument_length(text, length);

	if (end == length || !expand(reader, text, end, &condition))
		return false;
	text += end + 1;
	length -= end + 1;
	end = argument_length(text, length);
	cleanup(free_string) char *value = buffer_take(&condition);

	if (value[strspn(value, blanks)])
		return expand(reader, text, end, out);
	return end == length || expand(reader, text + end + 1, length - end - 1, out);
}

/* What stands inside $(…) or ${…}. */
static bool expand_reference(struct reader *reader, const char *text, size_t length,
			     struct buffer *out)
{
	size_t word = strcspn(text, " \t,:$(){}");

	if (++reader->references > reference_limit)
		return false;
	if (word >= length)
		return expand_variable(reader, text, length, out);
	if (word == 2 && text_starts_with(text, "if") && strchr(blanks, text[word]))
		return expand_if(reader, text + 3, length - 3, out);
	return false;
}

/* The length of a reference's inside, from after the opening bracket; -1 if it never closes. */
static ssize_t reference_length(const char *text, size_t length)
{
	int depth = 1;

	for (size_t i = 0; i < length; i++) {
		depth += text[i] == '(' || text[i] == '{';
		depth -= text[i] == ')' || text[i] == '}';
		if (depth == 0)
			return (ssize_t)i;
	}
	return -1;
}

static bool expand(struct reader *reader, const char *text, size_t length, struct buffer *out)
{
	const char *end = text + length;

	while (text < end && out->length <= value_limit) {
		if (*text != '$') {
			buffer_add_char(out, *text++);
			continue;
		}
		text++;
		if (text < end && *text == '$') {
			buffer_add_char(out, *text++);
			continue;
		}
		if (text >= end || (*text != '(' && *text != '{'))
			return false;
		text++;
		ssize_t inside = reference_length(text, (size_t)(end - text));

		if (inside < 0 || !expand_reference(reader, text, (size_t)inside, out))
			return false;
		text += inside + 1;
	}
	return out->length <= value_limit;
}

char *kernelvariables_value(const char *path, const char *variable)
{
	cleanup(buffer_free) struct buffer expanded = {0};
	struct reader reader = {0};
	char *value = NULL;

	cleanup(free_string) char *text = file_read_if_possible(path, file_limit);

	if (!text)
		return NULL;
	read_text(&reader, text);
	if (strmap_get(&reader.variables, variable) &&
	    expand_variable(&reader, variable, strlen(variable), &expanded)) {
		cleanup(free_string) char *whole = buffer_take(&expanded);

		value = text_trimmed(whole);
	}
	strmap_free(&reader.variables, free);
	if (value && !*value)
		free(TAKE(value));
	return value;
}
