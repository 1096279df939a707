/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Characters, keywords, lists and pipelines. */
#include "conf/parser.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

enum { DEPTH_LIMIT = 100 };

static void *fail(struct parser *parser, enum parse_result result, const char *reason)
{
	if (parser->result == PARSE_OK) {
		parser->result = result;
		parser->reason = reason;
		parser->failed_line = parser->line;
		parser->failed_column = (unsigned)(parser->position - parser->line_start + 1);
	}
	parser->position = parser->length;
	return NULL;
}

void *parse_unsupported(struct parser *parser, const char *what)
{
	return fail(parser, PARSE_UNSUPPORTED, what);
}

void *parse_wrong(struct parser *parser, const char *expected)
{
	return fail(parser, PARSE_WRONG, expected);
}

void parse_advance(struct parser *parser)
{
	if (parser->position >= parser->length)
		return;
	if (parser->text[parser->position++] == '\n') {
		parser->line++;
		parser->line_start = parser->position;
	}
}

static char raw(const struct parser *parser, size_t ahead)
{
	size_t position = parser->position + ahead;

	return position < parser->length ? parser->text[position] : '\0';
}

char parse_peek(struct parser *parser)
{
	while (raw(parser, 0) == '\\' && raw(parser, 1) == '\n') {
		parse_advance(parser);
		parse_advance(parser);
	}
	return raw(parser, 0);
}

char parse_peek_next(struct parser *parser)
{
	size_t ahead = 1;

	(void)parse_peek(parser);
	while (raw(parser, ahead) == '\\' && raw(parser, ahead + 1) == '\n')
		ahead += 2;
	return raw(parser, ahead);
}

void parse_skip_blanks(struct parser *parser)
{
	char c = parse_peek(parser);

	while (c == ' ' || c == '\t') {
		parse_advance(parser);
		c = parse_peek(parser);
	}
	if (c == '#') /* a comment goes to the end of its line, whatever is before that */
		while (raw(parser, 0) && raw(parser, 0) != '\n')
			parse_advance(parser);
}

void parse_skip_lines(struct parser *parser)
{
	parse_skip_blanks(parser);
	while (parse_peek(parser) == '\n') {
		parse_advance(parser);
		parse_skip_blanks(parser);
	}
}

bool parse_enter(struct parser *parser)
{
	if (parser->depth >= DEPTH_LIMIT)
		return parse_unsupported(parser, "nesting this deep");
	parser->depth++;
	return true;
}

const char *parse_identifier(struct parser *parser)
{
	size_t length = 0;

	(void)parse_peek(parser);
	if (!isalpha((unsigned char)raw(parser, 0)) && raw(parser, 0) != '_')
		return NULL;
	while (isalnum((unsigned char)raw(parser, length)) || raw(parser, length) == '_')
		length++;
	char *name = arena_strndup(parser->arena, parser->text + parser->position, length);

	parser->position += length;
	if (raw(parser, 0) == '\\' && raw(parser, 1) == '\n' &&
	    (isalnum((unsigned char)raw(parser, 2)) || raw(parser, 2) == '_'))
		return parse_unsupported(parser, "a name that goes on in the next line");
	return name;
}

bool parse_at_keyword(struct parser *parser, const char *keyword)
{
	size_t length = strlen(keyword);
	char after;

	(void)parse_peek(parser);
	if (parser->length - parser->position < length ||
	    memcmp(parser->text + parser->position, keyword, length) != 0)
		return false;
	after = raw(parser, length);
	if (after == '\\' && raw(parser, length + 1) == '\n')
		return true;
	return !after || strchr(" \t\n;&|<>()", after);
}

bool parse_take_keyword(struct parser *parser, const char *keyword)
{
	if (!parse_at_keyword(parser, keyword))
		return false;
	parser->position += strlen(keyword);
	return true;
}

bool parse_expect_keyword(struct parser *parser, const char *keyword)
{
	parse_skip_lines(parser);
	if (parse_take_keyword(parser, keyword))
		return true;
	return parse_wrong(parser, keyword);
}

static bool at_terminator(struct parser *parser, const char *const *terminators)
{
	char c = parse_peek(parser);

	for (; terminators && *terminators; terminators++) {
		if (**terminators == ')' || **terminators == ';') {
			if (c == **terminators)
				return true;
		} else if (parse_at_keyword(parser, *terminators)) {
			return true;
		}
	}
	return !c;
}

static bool at_pipe(struct parser *parser)
{
	return parse_peek(parser) == '|' && parse_peek_next(parser) != '|';
}

static struct pipeline *parse_pipeline(struct parser *parser)
{
	struct pipeline *pipeline = ARENA_NEW(parser->arena, struct pipeline);
	struct command **tail = &pipeline->commands;

	while (parse_take_keyword(parser, "!")) {
		pipeline->negated = !pipeline->negated;
		parse_skip_blanks(parser);
	}
	for (;;) {
		struct command *command = parse_command(parser);

		if (!command)
			return NULL;
		*tail = command;
		tail = &command->next;
		parse_skip_blanks(parser);
		if (!at_pipe(parser))
			return pipeline;
		parse_advance(parser);
		if (parse_peek(parser) == '&')
			return parse_unsupported(parser, "|&");
		parse_skip_lines(parser);
	}
}

/* && and ||: passes over it and the lines after. */
static char take_and_or(struct parser *parser)
{
	char c = parse_peek(parser);

	if ((c != '&' && c != '|') || parse_peek_next(parser) != c)
		return '\0';
	parse_advance(parser);
	(void)parse_peek(parser);
	parse_advance(parser);
	parse_skip_lines(parser);
	return c;
}

/* What stands after a pipeline: its operator to the next one, or '\0' at the end of the list. */
static char take_separator(struct parser *parser, const char *const *terminators)
{
	char operator= take_and_or(parser);
	char c = parse_peek(parser);

	if (operator)
		return operator;
	if (c == '&')
		return parse_unsupported(parser, "a command in the background"), '\0';
	if (c == '\n' ||
	    (c == ';' && parse_peek_next(parser) != ';' && parse_peek_next(parser) != '&')) {
		parse_advance(parser);
		return ';';
	}
	if (!at_terminator(parser, terminators) && c != ';')
		parse_wrong(parser, "the end of the command");
	return '\0';
}

struct list *parse_list(struct parser *parser, const char *const *terminators)
{
	struct list *list = ARENA_NEW(parser->arena, struct list);
	struct pipeline **tail = &list->first;
	char operator= ';';

	while (operator) {
		parse_skip_lines(parser);
		if (operator== ';' && at_terminator(parser, terminators))
			break;
		struct pipeline *pipeline = parse_pipeline(parser);

		if (!pipeline)
			return NULL;
		pipeline->operator= operator;
		*tail = pipeline;
		tail = &pipeline->next;
		parse_skip_blanks(parser);
		operator= take_separator(parser, terminators);
	}
	return parser->result == PARSE_OK ? list : NULL;
}

struct list *parse_script(struct parser *parser, struct arena *arena, const char *text,
			  size_t length, unsigned first_line)
{
	unsigned depth = parser->depth, substitutions = parser->substitutions;

	*parser = (struct parser){
		.arena = arena,
		.text = text,
		.length = length,
		.line = first_line,
		.depth = depth,
		.substitutions = substitutions,
	};
	struct list *list = parse_list(parser, NULL);

	if (list && parser->position < parser->length)
		return parse_wrong(parser, "a command");
	return list;
}

const char *word_literal(const struct word *word)
{
	const struct part *part = word->first;

	return part && !part->next && part->kind == PART_TEXT && !part->quoted ? part->text : NULL;
}
