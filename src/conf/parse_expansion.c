/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What begins with $ or `. */
#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "conf/parser.h"

static struct part *new_part(struct parser *parser, enum part_kind kind, bool quoted)
{
	struct part *part = ARENA_NEW(parser->arena, struct part);

	part->kind = kind;
	part->quoted = quoted;
	return part;
}

static struct part *text_part(struct parser *parser, const char *text, size_t length, bool quoted)
{
	struct part *part = new_part(parser, PART_TEXT, quoted);

	part->text = arena_strndup(parser->arena, text, length);
	part->length = length;
	return part;
}

/* Digits of the given base at text, at most limit; *ret_count how many. */
static unsigned take_digits(const char *text, int base, unsigned limit, unsigned *ret_count)
{
	unsigned value = 0, count = 0;

	while (count < limit && isxdigit((unsigned char)text[count])) {
		int c = tolower((unsigned char)text[count]);
		int digit = isdigit(c) ? c - '0' : c - 'a' + 10;

		if (digit >= base)
			break;
		value = value * (unsigned)base + (unsigned)digit;
		count++;
	}
	*ret_count = count;
	return value;
}

/* One escape of $'…' behind its backslash; returns how many characters it has, 0: unsupported. */
static size_t take_escape(const char *text, struct buffer *output)
{
	static const char letters[] = "abefnrtv\\'\"?E";
	static const char values[] = "\a\b\033\f\n\r\t\v\\'\"?\033";
	const char *letter = strchr(letters, *text);
	unsigned count, value;

	if (*text && letter) {
		buffer_add_char(output, values[letter - letters]);
		return 1;
	}
	if (*text == 'x') {
		value = take_digits(text + 1, 16, 2, &count);
		count = count ? count + 1 : 0;
	} else {
		value = take_digits(text, 8, 3, &count);
	}
	if (!count || !(value & 0xff))
		return 0;
	buffer_add_char(output, (char)value);
	return count;
}

static struct part *parse_ansi_quoted(struct parser *parser)
{
	cleanup(buffer_free) struct buffer text = {0};

	parse_advance(parser);
	for (;;) {
		if (parser->position >= parser->length)
			return parse_wrong(parser, "a closing '");
		char c = parser->text[parser->position];

		parse_advance(parser);
		if (c == '\'')
			break;
		if (c != '\\') {
			buffer_add_char(&text, c);
			continue;
		}
		size_t taken = take_escape(parser->text + parser->position, &text);

		if (!taken)
			return parse_unsupported(parser, "this escape in $'…'");
		while (taken--)
			parse_advance(parser);
	}
	return text_part(parser, text.data ? text.data : "", text.length, true);
}

static struct part *parse_arithmetic(struct parser *parser, bool quoted)
{
	struct part *part = new_part(parser, PART_ARITHMETIC, quoted);

	parse_advance(parser);
	(void)parse_peek(parser);
	parse_advance(parser);
	part->expression = parse_word(parser, WORD_ARITHMETIC, true);
	parse_advance(parser);
	(void)parse_peek(parser);
	parse_advance(parser);
	return part->expression ? part : NULL;
}

static struct part *parse_substitution(struct parser *parser, bool quoted)
{
	static const char *const end[] = {")", NULL};
	struct part *part = new_part(parser, PART_COMMAND, quoted);

	if (!parse_enter(parser))
		return NULL;
	parse_advance(parser);
	parser->substitutions++;
	part->list = parse_list(parser, end);
	parser->substitutions--;
	parser->depth--;
	if (part->list && parse_peek(parser) != ')')
		return parse_wrong(parser, "a closing )");
	parse_advance(parser);
	return part->list ? part : NULL;
}

struct part *parse_backquote(struct parser *parser, bool quoted)
{
	cleanup(buffer_free) struct buffer text = {0};
	unsigned line = parser->line;
	struct parser inner = {.depth = parser->depth + 1,
			       .substitutions = parser->substitutions + 1};
	struct part *part = new_part(parser, PART_COMMAND, quoted);

	parse_advance(parser);
	for (;; parse_advance(parser)) {
		if (parser->position >= parser->length)
			return parse_wrong(parser, "a closing `");
		char c = parser->text[parser->position];

		if (c == '`')
			break;
		if (c == '\\' && parser->position + 1 < parser->length) {
			char next = parser->text[parser->position + 1];

			if (strchr(quoted ? "$`\\\"" : "$`\\", next))
				parse_advance(parser);
			else if (next == '\n')
				return parse_unsupported(parser, "\\ and a line break in `…`");
			c = parser->text[parser->position];
		}
		buffer_add_char(&text, c);
	}
	parse_advance(parser);
	if (!parse_enter(parser))
		return NULL;
	parser->depth--;
	char *copy = arena_strndup(parser->arena, text.data ? text.data : "", text.length);

	part->list = parse_script(&inner, parser->arena, copy, text.length, line);
	if (part->list)
		return part;
	/* What is wrong inside `…` is left to bash: positions there mean little. */
	return parse_unsupported(parser, inner.reason);
}

static bool parse_subscript(struct parser *parser, struct parameter *parameter)
{
	char c;

	if (parse_peek(parser) != '[')
		return true;
	parse_advance(parser);
	c = parse_peek(parser);
	if ((c == '@' || c == '*') && parse_peek_next(parser) == ']') {
		parameter->all = c;
		parse_advance(parser);
	} else {
		parameter->subscript = parse_word(parser, WORD_SUBSCRIPT, true);
	}
	(void)parse_peek(parser);
	parse_advance(parser);
	return parser->result == PARSE_OK;
}

static bool parse_name(struct parser *parser, struct parameter *parameter)
{
	char c = parse_peek(parser);
	size_t start = parser->position;

	if (isdigit((unsigned char)c)) {
		while (isdigit((unsigned char)parse_peek(parser)))
			parse_advance(parser);
		parameter->name = arena_strndup(parser->arena, parser->text + start,
						parser->position - start);
		return true;
	}
	if (c && strchr("?@*#", c)) {
		parse_advance(parser);
		parameter->name = arena_strndup(parser->arena, &c, 1);
		return true;
	}
	parameter->name = parse_identifier(parser);
	if (!parameter->name)
		return parse_unsupported(parser, "this ${…}");
	return parse_subscript(parser, parameter);
}

/* Takes c if it comes again. */
static bool take_twice(struct parser *parser, char c)
{
	if (parse_peek(parser) != c)
		return false;
	parse_advance(parser);
	return true;
}

static void parse_replacement(struct parser *parser, struct parameter *parameter, bool quoted)
{
	char c;

	parameter->operation = PARAMETER_REPLACE;
	parameter->twice = take_twice(parser, '/');
	c = parse_peek(parser);
	if (!parameter->twice && (c == '#' || c == '%')) {
		parameter->anchor = c;
		parse_advance(parser);
	}
	parameter->argument = parse_word(parser, WORD_REPLACED, quoted);
	if (parse_peek(parser) == '/') {
		parse_advance(parser);
		parameter->second = parse_word(parser, WORD_BRACE, quoted);
	}
}

static void parse_substring(struct parser *parser, struct parameter *parameter)
{
	parameter->operation = PARAMETER_SUBSTRING;
	parameter->argument = parse_word(parser, WORD_OFFSET, true);
	if (parse_peek(parser) == ':') {
		parse_advance(parser);
		parameter->second = parse_word(parser, WORD_OFFSET, true);
	}
}

static bool parse_value_operation(struct parser *parser, struct parameter *parameter, bool quoted)
{
	static const char operators[] = "-=?+";
	static const enum parameter_operation operations[] = {PARAMETER_DEFAULT, PARAMETER_ASSIGN,
							      PARAMETER_ERROR, PARAMETER_ALTERNATE};
	char c = parse_peek(parser);
	const char *found;

	if (c == ':' && strchr(operators, parse_peek_next(parser))) {
		parameter->colon = true;
		parse_advance(parser);
		c = parse_peek(parser);
	}
	found = c ? strchr(operators, c) : NULL;
	if (!found)
		return false;
	parse_advance(parser);
	parameter->operation = operations[found - operators];
	parameter->argument = parse_word(parser, WORD_BRACE, quoted);
	return true;
}

static void parse_operation(struct parser *parser, struct parameter *parameter, bool quoted)
{
	char c = parse_peek(parser);

	if (c == '}' || parse_value_operation(parser, parameter, quoted))
		return;
	parse_advance(parser);
	if (c == '#' || c == '%') {
		parameter->operation = c == '#' ? PARAMETER_PREFIX : PARAMETER_SUFFIX;
		parameter->twice = take_twice(parser, c);
		parameter->argument = parse_word(parser, WORD_PATTERN, quoted);
	} else if (c == '^' || c == ',') {
		parameter->operation = c == '^' ? PARAMETER_UPPER : PARAMETER_LOWER;
		parameter->twice = take_twice(parser, c);
	} else if (c == '/') {
		parse_replacement(parser, parameter, quoted);
	} else if (c == ':') {
		parse_substring(parser, parameter);
	} else {
		parse_unsupported(parser, "this ${…}");
	}
}

/* ${#x} and ${!x[@]}, but also ${#} itself. */
static void parse_prefix(struct parser *parser, struct parameter *parameter)
{
	char c = parse_peek(parser), next = parse_peek_next(parser);

	if (c == '!') {
		parameter->operation = PARAMETER_INDICES;
		parse_advance(parser);
	} else if (c == '#' && next != '}') {
		if (!isalnum((unsigned char)next) && !strchr("_@*", next))
			parse_unsupported(parser, "this ${#…}");
		parameter->operation = PARAMETER_LENGTH;
		parse_advance(parser);
	}
}

static struct part *parse_parameter(struct parser *parser, bool quoted)
{
	struct part *part = new_part(parser, PART_PARAMETER, quoted);
	struct parameter *parameter = ARENA_NEW(parser->arena, struct parameter);

	part->parameter = parameter;
	parse_advance(parser);
	parse_prefix(parser, parameter);
	if (!parse_name(parser, parameter))
		return NULL;
	if (parameter->operation == PARAMETER_INDICES && !parameter->all)
		return parse_unsupported(parser, "an indirect expansion");
	if (parameter->operation == PARAMETER_PLAIN)
		parse_operation(parser, parameter, quoted);
	if (parser->position >= parser->length)
		return parse_wrong(parser, "a closing }");
	if (parse_peek(parser) != '}')
		return parse_unsupported(parser, "this ${…}");
	parse_advance(parser);
	return part;
}

static struct part *parse_short(struct parser *parser, bool quoted)
{
	struct part *part = new_part(parser, PART_PARAMETER, quoted);
	char c = parse_peek(parser);

	part->parameter = ARENA_NEW(parser->arena, struct parameter);
	part->parameter->name = parse_identifier(parser);
	if (!part->parameter->name) {
		part->parameter->name = arena_strndup(parser->arena, &c, 1);
		parse_advance(parser);
	}
	return part;
}

struct part *parse_dollar(struct parser *parser, bool quoted)
{
	char c;

	parse_advance(parser);
	c = parse_peek(parser);
	if (c == '{')
		return parse_parameter(parser, quoted);
	if (c == '(' && parse_peek_next(parser) == '(')
		return parse_arithmetic(parser, quoted);
	if (c == '(')
		return parse_substitution(parser, quoted);
	if (c == '\'' && !quoted)
		return parse_ansi_quoted(parser);
	if (c && (isalnum((unsigned char)c) || strchr("_?@*#", c)))
		return parse_short(parser, quoted);
	if (c && (strchr("!$-[", c) || (c == '"' && !quoted)))
		return parse_unsupported(parser, "this use of $");
	return text_part(parser, "$", 1, quoted);
}
