/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Simple commands: assignments, words, redirections. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "conf/parser.h"

static struct element *parse_element(struct parser *parser)
{
	struct element *element = ARENA_NEW(parser->arena, struct element);

	if (parse_peek(parser) == '[') {
		parse_advance(parser);
		element->subscript = parse_word(parser, WORD_SUBSCRIPT, true);
		parse_advance(parser);
		if (parse_peek(parser) == '+') {
			element->append = true;
			parse_advance(parser);
		}
		if (parse_peek(parser) != '=')
			return parse_unsupported(parser, "a word that begins with [ in an array");
		parse_advance(parser);
	}
	element->value = parse_word(parser, WORD_ELEMENT, false);
	if (!element->value)
		return NULL;
	if (!element->subscript && word_has_braces(element->value))
		return parse_unsupported(parser, "a brace expansion");
	return element;
}

static void parse_elements(struct parser *parser, struct assignment *assignment)
{
	struct element **tail = &assignment->elements;

	assignment->compound = true;
	parse_advance(parser);
	for (;;) {
		parse_skip_lines(parser);
		char c = parse_peek(parser);

		if (c == ')')
			break;
		if (parser->position >= parser->length || strchr("(;&|<>", c)) {
			parse_wrong(parser, "a closing )");
			return;
		}
		*tail = parse_element(parser);
		if (!*tail)
			return;
		tail = &(*tail)->next;
	}
	parse_advance(parser);
}

/* NAME=, NAME+=, NAME[subscript]= at the position; NULL and nothing passed over otherwise. */
static struct assignment *parse_assignment(struct parser *parser)
{
	struct assignment *assignment = ARENA_NEW(parser->arena, struct assignment);
	size_t start = parser->position;
	bool subscripted = false;

	assignment->line = parser->line;
	assignment->name = parse_identifier(parser);
	if (assignment->name && parse_peek(parser) == '[') {
		parse_advance(parser);
		subscripted = true;
		assignment->subscript = parse_word(parser, WORD_SUBSCRIPT, true);
		parse_advance(parser);
	}
	if (assignment->name && parse_peek(parser) == '+' && parse_peek_next(parser) == '=') {
		assignment->append = true;
		parse_advance(parser);
	}
	if (!assignment->name || parse_peek(parser) != '=') {
		if (subscripted)
			return parse_unsupported(parser, "a word like NAME[…]");
		parser->position = start;
		return NULL;
	}
	parse_advance(parser);
	if (parse_peek(parser) != '(')
		assignment->value = parse_word(parser, WORD_PLAIN, false);
	else if (subscripted)
		parse_unsupported(parser, "a list as array element");
	else
		parse_elements(parser, assignment);
	return assignment;
}

bool word_has_braces(const struct word *word)
{
	bool open = false;

	for (const struct part *part = word->first; part; part = part->next) {
		if (part->kind != PART_TEXT || part->quoted)
			continue;
		for (const char *text = part->text; *text; text++) {
			if (open && (*text == ',' || (text[0] == '.' && text[1] == '.')))
				return true;
			open |= *text == '{';
		}
	}
	return false;
}

static bool is_null_device(const struct word *word)
{
	const struct part *part = word ? word->first : NULL;

	return part && !part->next && part->kind == PART_TEXT &&
	       text_equal(part->text, "/dev/null");
}

static struct redirection *add_redirection(struct parser *parser, struct redirection ***tail,
					   enum redirection_kind kind, int fd)
{
	struct redirection *redirection = ARENA_NEW(parser->arena, struct redirection);

	redirection->kind = kind;
	redirection->fd = fd;
	**tail = redirection;
	*tail = &redirection->next;
	return redirection;
}

static void expect_null_device(struct parser *parser)
{
	parse_skip_blanks(parser);
	if (!is_null_device(parse_word(parser, WORD_PLAIN, false)))
		parse_unsupported(parser, "a redirection to a file");
}

/* Behind the > of fd. */
static void parse_output(struct parser *parser, struct redirection ***tail, int fd)
{
	char c = parse_peek(parser);

	if (c == '&') {
		parse_advance(parser);
		c = parse_peek(parser);
		parse_advance(parser);
		if ((c != '1' && c != '2') || !strchr(" \t\n;&|)", parse_peek(parser)))
			parse_unsupported(parser, "this redirection");
		add_redirection(parser, tail, REDIRECT_DUPLICATE, fd)->source = c - '0';
		return;
	}
	if (c == '>' || c == '|')
		parse_advance(parser);
	expect_null_device(parser);
	add_redirection(parser, tail, REDIRECT_NULL, fd);
}

/* Behind the < of fd. */
static void parse_input(struct parser *parser, struct redirection ***tail, int fd)
{
	struct redirection *redirection;
	char c = parse_peek(parser);

	if (fd != 0 || c == '&' || c == '>' || c == '(') {
		parse_unsupported(parser, "this redirection");
		return;
	}
	redirection = add_redirection(parser, tail, REDIRECT_INPUT, 0);
	if (c == '<') {
		redirection->kind = REDIRECT_HERE_STRING;
		parse_advance(parser);
		if (parse_peek(parser) != '<') {
			parse_unsupported(parser, "a here document");
			return;
		}
		parse_advance(parser);
	}
	parse_skip_blanks(parser);
	if (strchr("\n;&|<>()", parse_peek(parser)))
		parse_wrong(parser, "a word after <");
	redirection->word = parse_word(parser, WORD_PLAIN, false);
}

/* One redirection at the position; false if there is none. */
static bool parse_redirection(struct parser *parser, struct redirection ***tail)
{
	char c = parse_peek(parser), next = parse_peek_next(parser);
	int fd = -1;

	if (c == '&' && next == '>') {
		parse_advance(parser);
		(void)parse_peek(parser);
		parse_advance(parser);
		if (parse_peek(parser) == '>')
			parse_advance(parser);
		expect_null_device(parser);
		add_redirection(parser, tail, REDIRECT_NULL, 1);
		add_redirection(parser, tail, REDIRECT_NULL, 2);
		return true;
	}
	if (c >= '0' && c <= '9' && (next == '<' || next == '>')) {
		fd = c - '0';
		parse_advance(parser);
		c = next;
	}
	if (c != '<' && c != '>')
		return false;
	if (fd > 2)
		parse_unsupported(parser, "this redirection");
	(void)parse_peek(parser);
	parse_advance(parser);
	if (c == '>')
		parse_output(parser, tail, fd < 0 ? 1 : fd);
	else
		parse_input(parser, tail, fd < 0 ? 0 : fd);
	return true;
}

struct redirection *parse_redirections(struct parser *parser)
{
	struct redirection *first = NULL, **tail = &first;

	do
		parse_skip_blanks(parser);
	while (parse_redirection(parser, &tail));
	return first;
}

static bool ends_command(struct parser *parser)
{
	char c = parse_peek(parser);

	if (parser->position >= parser->length)
		return true;
	return c == '\n' || c == ';' || c == '|' || c == ')' ||
	       (c == '&' && parse_peek_next(parser) != '>');
}

/* "name ()" so far only its name: the function's body follows. */
static struct command *parse_function(struct parser *parser, struct command *command)
{
	parse_advance(parser);
	parse_skip_blanks(parser);
	if (parse_peek(parser) != ')')
		return parse_unsupported(parser, "this (");
	parse_advance(parser);
	command->name = word_literal(command->words);
	return parse_function_body(parser, command);
}

static bool is_function_start(struct parser *parser, const struct command *command)
{
	return parse_peek(parser) == '(' && command->words && !command->words->next &&
	       !command->assignments && !command->redirections && word_literal(command->words);
}

static struct command *finish_simple(struct parser *parser, struct command *command)
{
	if (parser->result != PARSE_OK)
		return NULL;
	if (!command->words && !command->assignments) {
		if (command->redirections)
			return parse_unsupported(parser, "a redirection without a command");
		return parse_wrong(parser, "a command");
	}
	return command;
}

struct command *parse_simple(struct parser *parser)
{
	struct command *command = ARENA_NEW(parser->arena, struct command);
	struct redirection **redirection = &command->redirections;
	struct assignment **assignment = &command->assignments;
	struct word **word = &command->words;

	command->kind = COMMAND_SIMPLE;
	command->line = parser->line;
	for (;;) {
		parse_skip_blanks(parser);
		if (ends_command(parser))
			return finish_simple(parser, command);
		if (is_function_start(parser, command))
			return parse_function(parser, command);
		if (parse_peek(parser) == '(')
			return parse_unsupported(parser, "this (");
		if (parse_redirection(parser, &redirection))
			continue;
		if (!command->words && (*assignment = parse_assignment(parser))) {
			assignment = &(*assignment)->next;
			continue;
		}
		*word = parse_word(parser, WORD_PLAIN, false);
		if (!*word)
			return NULL;
		if (word_has_braces(*word))
			return parse_unsupported(parser, "a brace expansion");
		word = &(*word)->next;
	}
}
