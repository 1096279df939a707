/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compound commands: if, for, while, case, groups, functions. */
#include <string.h>

#include "base/text.h"
#include "conf/parser.h"

/* A list that may not be empty. */
static struct list *parse_body(struct parser *parser, const char *const *terminators)
{
	struct list *list = parse_list(parser, terminators);

	if (list && !list->first)
		return parse_wrong(parser, "a command");
	return list;
}

static struct command *parse_if(struct parser *parser, struct command *command)
{
	static const char *const then[] = {"then", NULL};
	static const char *const ends[] = {"elif", "else", "fi", NULL};
	static const char *const fi[] = {"fi", NULL};

	command->kind = COMMAND_IF;
	command->test = parse_body(parser, then);
	if (!command->test || !parse_expect_keyword(parser, "then"))
		return NULL;
	command->body = parse_body(parser, ends);
	if (!command->body)
		return NULL;
	if (parse_take_keyword(parser, "elif")) {
		struct command *rest = ARENA_NEW(parser->arena, struct command);
		struct pipeline *pipeline = ARENA_NEW(parser->arena, struct pipeline);

		rest->line = parser->line;
		pipeline->operator= ';';
		pipeline->commands = parse_if(parser, rest);
		command->otherwise = ARENA_NEW(parser->arena, struct list);
		command->otherwise->first = pipeline;
		return pipeline->commands ? command : NULL;
	}
	if (parse_take_keyword(parser, "else"))
		command->otherwise = parse_body(parser, fi);
	return parse_expect_keyword(parser, "fi") ? command : NULL;
}

static struct command *parse_loop_body(struct parser *parser, struct command *command)
{
	static const char *const done[] = {"done", NULL};

	if (!parse_expect_keyword(parser, "do"))
		return NULL;
	command->body = parse_body(parser, done);
	return command->body && parse_expect_keyword(parser, "done") ? command : NULL;
}

static struct command *parse_while(struct parser *parser, struct command *command, bool until)
{
	static const char *const ends[] = {"do", NULL};

	command->kind = COMMAND_WHILE;
	command->until = until;
	command->test = parse_body(parser, ends);
	return command->test ? parse_loop_body(parser, command) : NULL;
}

static struct command *parse_for(struct parser *parser, struct command *command)
{
	struct word **word = &command->words;

	command->kind = COMMAND_FOR;
	parse_skip_blanks(parser);
	command->name = parse_identifier(parser);
	if (!command->name)
		return parse_unsupported(parser, "this for");
	parse_skip_lines(parser);
	command->all_words = !parse_take_keyword(parser, "in");
	for (parse_skip_blanks(parser); !command->all_words; parse_skip_blanks(parser)) {
		char c = parse_peek(parser);

		if (strchr("\n;", c))
			break;
		if (strchr("&|<>()", c))
			return parse_wrong(parser, "a word or a line's end");
		*word = parse_word(parser, WORD_PLAIN, false);
		if (!*word)
			return NULL;
		if (word_has_braces(*word))
			return parse_unsupported(parser, "a brace expansion");
		word = &(*word)->next;
	}
	if (parse_peek(parser) == ';')
		parse_advance(parser);
	return parse_loop_body(parser, command);
}

static struct case_item *parse_case_patterns(struct parser *parser)
{
	struct case_item *item = ARENA_NEW(parser->arena, struct case_item);
	struct word **word = &item->patterns;

	if (parse_peek(parser) == '(')
		parse_advance(parser);
	for (;;) {
		parse_skip_blanks(parser);
		if (strchr("\n;&|<>()", parse_peek(parser)))
			return parse_wrong(parser, "a pattern");
		*word = parse_word(parser, WORD_PLAIN, false);
		if (!*word)
			return NULL;
		word = &(*word)->next;
		parse_skip_blanks(parser);
		if (parse_peek(parser) != '|')
			break;
		parse_advance(parser);
	}
	if (parse_peek(parser) != ')')
		return parse_wrong(parser, "a ) after the pattern");
	parse_advance(parser);
	return item;
}

/* ;; ;& ;;& after an item; nothing before esac. */
static void parse_case_end(struct parser *parser, struct case_item *item)
{
	item->terminator = ';';
	parse_skip_lines(parser);
	if (parse_peek(parser) != ';')
		return;
	parse_advance(parser);
	if (parse_peek(parser) == '&') {
		item->terminator = '&';
	} else if (parse_peek(parser) != ';') {
		parse_wrong(parser, ";;");
	} else if (parse_peek_next(parser) == '&') {
		parse_advance(parser);
		item->terminator = '+';
	}
	parse_advance(parser);
}

static struct command *parse_case(struct parser *parser, struct command *command)
{
	static const char *const ends[] = {";", "esac", NULL};
	struct case_item **item = &command->items;

	command->kind = COMMAND_CASE;
	parse_skip_blanks(parser);
	command->words = parse_word(parser, WORD_PLAIN, false);
	if (!command->words || !command->words->first)
		return parse_wrong(parser, "a word after case");
	if (!parse_expect_keyword(parser, "in"))
		return NULL;
	for (;;) {
		parse_skip_lines(parser);
		if (parse_take_keyword(parser, "esac"))
			return command;
		*item = parse_case_patterns(parser);
		if (!*item)
			return NULL;
		(*item)->body = parse_list(parser, ends);
		if (!(*item)->body)
			return NULL;
		parse_case_end(parser, *item);
		item = &(*item)->next;
	}
}

static struct command *parse_group(struct parser *parser, struct command *command)
{
	static const char *const ends[] = {"}", NULL};

	command->kind = COMMAND_GROUP;
	command->body = parse_body(parser, ends);
	return command->body && parse_expect_keyword(parser, "}") ? command : NULL;
}

static struct command *parse_subshell(struct parser *parser, struct command *command)
{
	static const char *const ends[] = {")", NULL};

	command->kind = COMMAND_SUBSHELL;
	parse_advance(parser);
	parser->substitutions++;
	command->body = parse_body(parser, ends);
	parser->substitutions--;
	if (!command->body)
		return NULL;
	if (parse_peek(parser) != ')')
		return parse_wrong(parser, "a closing )");
	parse_advance(parser);
	return command;
}

static struct command *parse_arithmetic_command(struct parser *parser, struct command *command)
{
	command->kind = COMMAND_ARITHMETIC;
	for (int i = 0; i < 2; i++) {
		parse_advance(parser);
		(void)parse_peek(parser);
	}
	command->expression = parse_word(parser, WORD_ARITHMETIC, true);
	for (int i = 0; i < 2; i++) {
		parse_advance(parser);
		(void)parse_peek(parser);
	}
	return command->expression ? command : NULL;
}

struct command *parse_function_body(struct parser *parser, struct command *command)
{
	command->kind = COMMAND_FUNCTION;
	if (parser->substitutions)
		return parse_unsupported(parser, "a function in a subshell");
	parse_skip_lines(parser);
	if (!parse_at_keyword(parser, "{") && parse_peek(parser) != '(')
		return parse_wrong(parser, "{");
	command->function_body = parse_command(parser);
	if (command->function_body && command->function_body->redirections)
		return parse_unsupported(parser, "a function with redirections");
	return command->function_body ? command : NULL;
}

static struct command *parse_function_keyword(struct parser *parser, struct command *command)
{
	parse_skip_blanks(parser);
	struct word *name = parse_word(parser, WORD_PLAIN, false);

	command->name = name ? word_literal(name) : NULL;
	if (!command->name)
		return parse_unsupported(parser, "this function");
	parse_skip_blanks(parser);
	if (parse_peek(parser) == '(') {
		parse_advance(parser);
		parse_skip_blanks(parser);
		if (parse_peek(parser) != ')')
			return parse_unsupported(parser, "this function");
		parse_advance(parser);
	}
	return parse_function_body(parser, command);
}

/* Words that may not begin a command here: closing ones without an opening one. */
static bool is_stray(struct parser *parser)
{
	static const char *const closing[] = {"then", "elif", "else", "fi", "do",
					      "done", "esac", "}",    NULL};

	for (const char *const *word = closing; *word; word++)
		if (parse_at_keyword(parser, *word))
			return true;
	return false;
}

static struct command *parse_keyword_command(struct parser *parser, struct command *command)
{
	if (parse_take_keyword(parser, "if"))
		return parse_if(parser, command);
	if (parse_take_keyword(parser, "for"))
		return parse_for(parser, command);
	if (parse_take_keyword(parser, "while"))
		return parse_while(parser, command, false);
	if (parse_take_keyword(parser, "until"))
		return parse_while(parser, command, true);
	if (parse_take_keyword(parser, "case"))
		return parse_case(parser, command);
	if (parse_take_keyword(parser, "{"))
		return parse_group(parser, command);
	if (parse_take_keyword(parser, "function"))
		return parse_function_keyword(parser, command);
	if (parse_take_keyword(parser, "[[")) {
		command->kind = COMMAND_CONDITION;
		command->condition = parse_condition(parser);
		return command->condition ? command : NULL;
	}
	return NULL;
}

struct command *parse_command(struct parser *parser)
{
	struct command *command = ARENA_NEW(parser->arena, struct command), *parsed;

	command->line = parser->line;
	if (!parse_enter(parser))
		return NULL;
	if (is_stray(parser))
		return parse_wrong(parser, "a command");
	if (parse_at_keyword(parser, "time") || parse_at_keyword(parser, "select") ||
	    parse_at_keyword(parser, "coproc"))
		return parse_unsupported(parser, "time, select or coproc");
	if (parse_peek(parser) == '(')
		parsed = parse_peek_next(parser) == '(' ? parse_arithmetic_command(parser, command)
							: parse_subshell(parser, command);
	else
		parsed = parse_keyword_command(parser, command);
	if (parser->result != PARSE_OK)
		return NULL;
	if (parsed && parsed->kind != COMMAND_FUNCTION)
		parsed->redirections = parse_redirections(parser);
	if (!parsed)
		parsed = parse_simple(parser);
	parser->depth--;
	return parser->result == PARSE_OK ? parsed : NULL;
}
