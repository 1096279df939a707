/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/assignments.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

static const size_t file_limit = 1UL << 20;

static const char name_characters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

static bool needs_shell(char c)
{
	return c == '$' || c == '`';
}

/*
 * Reads what stands between quotes; *next is behind the opening one, and comes out behind the
 * closing one. False if it never closes; *literal becomes false if a shell would look inside.
 */
static bool read_quoted(const char **next, char quote, struct buffer *value, bool *literal)
{
	for (const char *c = *next; *c; c++) {
		if (*c == quote) {
			*next = c + 1;
			return true;
		}
		if (quote == '"' && *c == '\\' && c[1] && strchr("$`\"\\", c[1]))
			c++;
		else if (quote == '"' && needs_shell(*c))
			*literal = false;
		buffer_add_char(value, *c);
	}
	return false;
}

/*
 * Reads one shell word from *next, which comes out behind it (at the end of the text if quotes
 * never close). The result is owned by the caller; NULL where only a shell knows the value.
 */
static char *read_word(const char **next)
{
	cleanup(buffer_free) struct buffer value = {0};
	const char *c = *next;
	bool literal = true;

	while (*c && !strchr(" \t\r\n;&|()<>", *c)) {
		if (*c == '"' || *c == '\'') {
			char quote = *c++;

			if (!read_quoted(&c, quote, &value, &literal)) {
				*next = c + strlen(c);
				return NULL;
			}
			continue;
		}
		if (*c == '\\' && c[1])
			c++;
		else if (needs_shell(*c))
			literal = false;
		buffer_add_char(&value, *c++);
	}
	*next = c;
	return literal ? buffer_take(&value) : NULL;
}

static const char *skip_export(const char *line)
{
	static const char word[] = "export";
	size_t length = sizeof(word) - 1;

	line += strspn(line, " \t");
	if (!text_starts_with(line, word) || !strchr(" \t", line[length]))
		return line;
	return line + length + strspn(line + length, " \t");
}

char *assignments_value(const char *text, const char *name)
{
	cleanup(free_string) char *found = NULL;

	while (*text) {
		const char *start = skip_export(text);
		size_t length = strspn(start, name_characters);

		text = start;
		if (length && start[length] == '=') {
			text = start + length + 1;
			cleanup(free_string) char *value = read_word(&text);

			if (length == strlen(name) && strncmp(start, name, length) == 0) {
				free(found);
				found = TAKE(value);
			}
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return TAKE(found);
}

/* Behind a plain value, quoted or not; NULL if it is none. */
static const char *pass_plain_value(const char *value)
{
	static const char bare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				   "_./,:+-@%";
	char quote = *value == '"' || *value == '\'' ? *value : '\0';
	const char *start = value + (quote != '\0'), *end = start;

	if (!quote)
		return value + strspn(value, bare);
	while (*end && *end != quote) {
		/* A blank at an edge or beside another one does not last. */
		bool lost = *end == ' ' && (end == start || end[1] == ' ' || end[1] == quote);

		if (lost || (unsigned char)*end < ' ' || strchr("\"'$`\\*?[", *end))
			return NULL;
		end++;
	}
	return *end == quote ? end + 1 : NULL;
}

/* The end of a line that is plain; NULL if it is not. */
static const char *pass_plain_line(const char *line)
{
	line += strspn(line, " \t");
	if (*line && *line != '\n' && *line != '#') {
		size_t length = strspn(line, name_characters);

		if (!length || strchr("0123456789", *line) || line[length] != '=')
			return NULL;
		line = pass_plain_value(line + length + 1);
		if (!line)
			return NULL;
		size_t blanks = strspn(line, " \t");

		if (line[blanks] == '#' && !blanks)
			return NULL;
		line += blanks;
	}
	if (*line == '#')
		line = strchrnul(line, '\n');
	return !*line || *line == '\n' ? line : NULL;
}

bool assignments_are_plain(const char *text)
{
	while (*text) {
		text = pass_plain_line(text);
		if (!text)
			return false;
		text += *text == '\n';
	}
	return true;
}

char *assignments_read(const char *path, const char *name)
{
	cleanup(free_string) char *text = file_read_if_possible(path, file_limit);

	if (!text)
		return NULL;
	return assignments_value(text, name);
}
