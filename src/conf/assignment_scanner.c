/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/assignment_scanner.h"

#include <ctype.h>
#include <string.h>

/* Words after which a command (and with it an assignment) may start. */
static const char *const openers[] = {"if",     "then",    "else",  "elif",    "while",
				      "until",  "do",      "{",     "!",       "time",
				      "export", "declare", "local", "typeset", "readonly"};

struct assignment_scanner assignment_scanner_start(const char *text)
{
	return (struct assignment_scanner){.at = text, .line = 1, .command_start = true};
}

static void step(struct assignment_scanner *scanner)
{
	if (*scanner->at == '\n')
		scanner->line++;
	scanner->at++;
}

static void step_escape(struct assignment_scanner *scanner)
{
	step(scanner);
	if (*scanner->at)
		step(scanner);
}

/* Past a quoted string, from its opening quote to behind the closing one. */
static void skip_quoted(struct assignment_scanner *scanner)
{
	char quote = *scanner->at;

	step(scanner);
	while (*scanner->at && *scanner->at != quote) {
		if (*scanner->at == '\\' && quote != '\'')
			step_escape(scanner);
		else
			step(scanner);
	}
	if (*scanner->at)
		step(scanner);
}

/* Past ( … ) or { … } with what nests inside, from the opening one to behind the closing one. */
static void skip_nested(struct assignment_scanner *scanner, char open, char close)
{
	size_t depth = 0;

	do {
		if (*scanner->at == '\\') {
			step_escape(scanner);
			continue;
		}
		if (*scanner->at == '\'' || *scanner->at == '"') {
			skip_quoted(scanner);
			continue;
		}
		if (*scanner->at == open)
			depth++;
		else if (*scanner->at == close)
			depth--;
		step(scanner);
	} while (*scanner->at && depth);
}

static bool ends_word(char c)
{
	return strchr(" \t\r\n;&|()<>", c) != NULL; /* also the end of the text */
}

/* The "(" of "$(…)" and of an array's "NAME=(…)". */
static bool opens_within_word(const char *at, const char *start)
{
	return *at == '(' && at > start && (at[-1] == '$' || at[-1] == '=');
}

/* Past one word, with the values of an array. */
static void skip_word(struct assignment_scanner *scanner)
{
	const char *start = scanner->at;

	while (!ends_word(*scanner->at) || opens_within_word(scanner->at, start)) {
		if (*scanner->at == '\\')
			step_escape(scanner);
		else if (strchr("'\"`", *scanner->at))
			skip_quoted(scanner);
		else if (*scanner->at == '(')
			skip_nested(scanner, '(', ')');
		else if (*scanner->at == '{' && scanner->at > start && scanner->at[-1] == '$')
			skip_nested(scanner, '{', '}');
		else
			step(scanner);
	}
}

static void skip_blanks(struct assignment_scanner *scanner)
{
	for (;;) {
		if (*scanner->at == '\\' && scanner->at[1] == '\n')
			step_escape(scanner);
		else if (*scanner->at == ' ' || *scanner->at == '\t' || *scanner->at == '\r')
			step(scanner);
		else
			return;
	}
}

/* Everything up to the next word that could be an assignment. False at the end. */
static bool skip_to_word(struct assignment_scanner *scanner)
{
	for (;;) {
		skip_blanks(scanner);
		if (*scanner->at == '#') {
			while (*scanner->at && *scanner->at != '\n')
				step(scanner);
		} else if (*scanner->at && ends_word(*scanner->at)) {
			/* A redirection's file is an argument like any other. */
			if (*scanner->at != '<' && *scanner->at != '>')
				scanner->command_start = true;
			step(scanner);
		} else {
			return *scanner->at;
		}
	}
}

static bool is_opener(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(openers) / sizeof(*openers); i++)
		if (strlen(openers[i]) == length && memcmp(openers[i], word, length) == 0)
			return true;
	return false;
}

static size_t name_length(const char *text)
{
	size_t length = 0;

	if (isalpha((unsigned char)*text) || *text == '_')
		while (isalnum((unsigned char)text[length]) || text[length] == '_')
			length++;
	return length;
}

/* Behind "NAME", "NAME[…]" and an optional "+" a "=" makes it an assignment. */
static bool is_assignment(const char *word, size_t length)
{
	const char *rest = word + length;

	if (!length)
		return false;
	if (*rest == '[') {
		rest += strcspn(rest, "]\n");
		if (*rest != ']')
			return false;
		rest++;
	}
	return *rest == '=' || (rest[0] == '+' && rest[1] == '=');
}

/* Another word on the same command that is itself no assignment. */
static bool command_follows(const struct assignment_scanner *scanner)
{
	struct assignment_scanner ahead = *scanner;

	for (;;) {
		skip_blanks(&ahead);
		if (*ahead.at == '#' || ends_word(*ahead.at))
			return false;
		if (!is_assignment(ahead.at, name_length(ahead.at)))
			return true;
		skip_word(&ahead);
	}
}

bool assignment_scanner_next(struct assignment_scanner *scanner, struct found_assignment *ret)
{
	while (skip_to_word(scanner)) {
		const char *word = scanner->at;
		size_t length = name_length(word);
		bool command_start = scanner->command_start;
		struct found_assignment found = {word, length, scanner->line, false, false};
		bool assigns = command_start && is_assignment(word, length);

		skip_word(scanner);
		bool whole_word = length == (size_t)(scanner->at - word);

		scanner->command_start = command_start &&
					 (assigns || is_opener(word, (size_t)(scanner->at - word)));
		found.blank_before_equals = command_start && whole_word && length &&
					    scanner->at[0] == ' ' &&
					    scanner->at[1 + strspn(scanner->at + 1, " ")] == '=';
		found.for_one_command = assigns && command_follows(scanner);
		if (assigns || found.blank_before_equals) {
			*ret = found;
			return true;
		}
	}
	return false;
}
