/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands between [[ and ]]. */
#include <string.h>

#include "base/text.h"
#include "conf/parser.h"

static struct condition *parse_or(struct parser *parser);

static struct condition *new_condition(struct parser *parser, enum condition_kind kind)
{
	struct condition *condition = ARENA_NEW(parser->arena, struct condition);

	condition->kind = kind;
	return condition;
}

static struct word *parse_operand(struct parser *parser, enum word_context context)
{
	parse_skip_blanks(parser);
	char c = parse_peek(parser);

	if (parser->position >= parser->length || strchr("\n;&|<>)", c) ||
	    (c == '(' && context != WORD_REGEX) || parse_at_keyword(parser, "]]"))
		return parse_wrong(parser, "an operand in [[ ]]");
	return parse_word(parser, context, false);
}

static const char *take_operator(struct parser *parser, const char *const *operators)
{
	for (; *operators; operators++)
		if (parse_take_keyword(parser, *operators))
			return *operators;
	return NULL;
}

static struct condition *parse_unary(struct parser *parser)
{
	static const char *const operators[] = {"-e", "-f", "-d", "-r", "-w", "-x", "-s", "-h",
						"-L", "-n", "-z", "-b", "-c", "-p", "-S", NULL};
	struct condition *condition = new_condition(parser, CONDITION_UNARY);

	condition->operator= take_operator(parser, operators);
	if (!condition->operator)
		return NULL;
	condition->right = parse_operand(parser, WORD_PLAIN);
	return condition->right ? condition : NULL;
}

/* A word alone, or a binary operation. */
static struct condition *parse_binary(struct parser *parser)
{
	static const char *const operators[] = {"==",  "=",   "!=",  "=~",  "-eq", "-ne", "-lt",
						"-le", "-gt", "-ge", "-nt", "-ot", "-ef", NULL};
	struct condition *condition = new_condition(parser, CONDITION_BINARY);
	char c;

	condition->left = parse_operand(parser, WORD_PLAIN);
	if (!condition->left)
		return NULL;
	parse_skip_blanks(parser);
	c = parse_peek(parser);
	if (c == '<' || c == '>') {
		condition->operator= c == '<' ? "<" : ">";
		parse_advance(parser);
	} else {
		condition->operator= take_operator(parser, operators);
	}
	if (condition->operator) {
		bool regex = text_equal(condition->operator, "=~");

		condition->right = parse_operand(parser, regex ? WORD_REGEX : WORD_PLAIN);
		return condition->right ? condition : NULL;
	}
	if (!parse_at_keyword(parser, "]]") && !strchr("\n&|)", c))
		return parse_unsupported(parser, "this condition in [[ ]]");
	condition->kind = CONDITION_UNARY;
	condition->operator= "-n";
	condition->right = condition->left;
	return condition;
}

static struct condition *parse_primary(struct parser *parser)
{
	struct condition *condition;

	parse_skip_lines(parser);
	if (parse_take_keyword(parser, "!")) {
		condition = new_condition(parser, CONDITION_NOT);
		condition->first = parse_primary(parser);
		return condition->first ? condition : NULL;
	}
	if (parse_peek(parser) == '(') {
		if (!parse_enter(parser))
			return NULL;
		parse_advance(parser);
		condition = parse_or(parser);
		parser->depth--;
		parse_skip_lines(parser);
		if (condition && parse_peek(parser) != ')')
			return parse_wrong(parser, "a ) in [[ ]]");
		parse_advance(parser);
		return condition;
	}
	condition = parse_unary(parser);
	if (condition || parser->result != PARSE_OK)
		return condition;
	return parse_binary(parser);
}

static bool take_twin(struct parser *parser, char c)
{
	parse_skip_lines(parser);
	if (parse_peek(parser) != c || parse_peek_next(parser) != c)
		return false;
	parse_advance(parser);
	(void)parse_peek(parser);
	parse_advance(parser);
	return true;
}

static struct condition *parse_and(struct parser *parser)
{
	struct condition *first = parse_primary(parser);

	while (first && take_twin(parser, '&')) {
		struct condition *both = new_condition(parser, CONDITION_AND);

		both->first = first;
		both->second = parse_primary(parser);
		first = both->second ? both : NULL;
	}
	return first;
}

static struct condition *parse_or(struct parser *parser)
{
	struct condition *first = parse_and(parser);

	while (first && take_twin(parser, '|')) {
		struct condition *either = new_condition(parser, CONDITION_OR);

		either->first = first;
		either->second = parse_and(parser);
		first = either->second ? either : NULL;
	}
	return first;
}

struct condition *parse_condition(struct parser *parser)
{
	struct condition *condition = parse_or(parser);

	if (!condition)
		return NULL;
	return parse_expect_keyword(parser, "]]") ? condition : NULL;
}
