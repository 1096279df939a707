/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words: quoting, and where words end. */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "conf/parser.h"

/* A word under construction. */
struct builder {
	struct parser *parser;
	enum word_context context;
	struct word *word;
	struct part **tail;
	struct buffer text;
	bool text_quoted;
	bool text_present; /* "" is a part although it is empty */
	unsigned nesting;  /* of parentheses that belong to the word */
};

static void flush(struct builder *builder)
{
	if (!builder->text_present)
		return;
	struct part *part = ARENA_NEW(builder->parser->arena, struct part);
	const char *text = builder->text.data ? builder->text.data : "";

	part->kind = PART_TEXT;
	part->quoted = builder->text_quoted;
	part->text = arena_strndup(builder->parser->arena, text, builder->text.length);
	part->length = builder->text.length;
	*builder->tail = part;
	builder->tail = &part->next;
	builder->text.length = 0;
	builder->text_present = false;
}

static void begin_text(struct builder *builder, bool quoted)
{
	if (builder->text_present && builder->text_quoted != quoted)
		flush(builder);
	builder->text_present = true;
	builder->text_quoted = quoted;
}

static void add_char(struct builder *builder, char c, bool quoted)
{
	begin_text(builder, quoted);
	buffer_add_char(&builder->text, c);
}

/* Takes the character at the position into the word. */
static void take_char(struct builder *builder, bool quoted)
{
	add_char(builder, builder->parser->text[builder->parser->position], quoted);
	parse_advance(builder->parser);
}

static void add_part(struct builder *builder, struct part *part)
{
	if (!part)
		return;
	if (part->kind == PART_TEXT) { /* a $ that is only itself, or $'…' */
		begin_text(builder, part->quoted);
		buffer_add(&builder->text, part->text, part->length);
		return;
	}
	flush(builder);
	*builder->tail = part;
	builder->tail = &part->next;
}

static void single_quoted(struct builder *builder)
{
	struct parser *parser = builder->parser;
	const char *start = parser->text + parser->position + 1;
	const char *end = memchr(start, '\'', parser->length - parser->position - 1);

	if (!end) {
		parse_wrong(parser, "a closing '");
		return;
	}
	begin_text(builder, true);
	buffer_add(&builder->text, start, (size_t)(end - start));
	while (parser->text + parser->position <= end)
		parse_advance(parser);
}

/* A backslash inside double quotes: it goes only before the characters in special. */
static void quoted_backslash(struct builder *builder, const char *special)
{
	struct parser *parser = builder->parser;

	parse_advance(parser);
	if (parser->position >= parser->length) {
		add_char(builder, '\\', true);
		return;
	}
	char c = parser->text[parser->position];

	if (!strchr(special, c))
		add_char(builder, '\\', true);
	take_char(builder, true);
}

static void double_quoted(struct builder *builder)
{
	struct parser *parser = builder->parser;

	parse_advance(parser);
	if (parse_peek(parser) == '"') /* not for "$@": without parameters it is no word */
		begin_text(builder, true);
	for (;;) {
		char c = parse_peek(parser);

		if (parser->position >= parser->length) {
			parse_wrong(parser, "a closing \"");
			return;
		}
		if (c == '"')
			break;
		if (c == '\\')
			quoted_backslash(builder, "$`\"\\");
		else if (c == '$')
			add_part(builder, parse_dollar(parser, true));
		else if (c == '`')
			add_part(builder, parse_backquote(parser, true));
		else
			take_char(builder, true);
	}
	parse_advance(parser);
}

static bool is_pattern(enum word_context context)
{
	return context == WORD_PATTERN || context == WORD_REPLACED;
}

static bool is_expression(enum word_context context)
{
	return context == WORD_OFFSET || context == WORD_SUBSCRIPT || context == WORD_ARITHMETIC;
}

static void backslash(struct builder *builder, bool quoted)
{
	struct parser *parser = builder->parser;

	if (is_expression(builder->context)) {
		parse_unsupported(parser, "a backslash in an expression");
	} else if (quoted && !is_pattern(builder->context)) {
		quoted_backslash(builder, "$`\"\\}");
	} else {
		parse_advance(parser);
		if (parser->position >= parser->length)
			add_char(builder, '\\', true);
		else
			take_char(builder, true);
	}
}

static void quote(struct builder *builder, char c, bool quoted)
{
	struct parser *parser = builder->parser;

	if (is_expression(builder->context))
		parse_unsupported(parser, "quotes in an expression");
	else if (c == '"')
		double_quoted(builder);
	else if (quoted && !is_pattern(builder->context))
		take_char(builder, true);
	else
		single_quoted(builder);
}

/* True if ( at the position makes an extended pattern: @(a|b). */
static bool begins_extended_pattern(const struct builder *builder)
{
	return builder->text_present && !builder->text_quoted && builder->text.length &&
	       strchr("?*+@!", builder->text.data[builder->text.length - 1]);
}

/* Metacharacters, and those that belong to the word after all. */
static bool ends_plain(struct builder *builder, char c)
{
	if (builder->nesting) {
		if (c == '\n')
			parse_unsupported(builder->parser, "a line break in a pattern");
		builder->nesting += c == '(';
		builder->nesting -= c == ')';
		return false;
	}
	if (builder->context == WORD_REGEX && c == '|')
		return false;
	if (c == '(' && (builder->context == WORD_REGEX || begins_extended_pattern(builder))) {
		builder->nesting = 1;
		return false;
	}
	return strchr(" \t\n;&|<>()", c);
}

/* )) that closes $(( or ((; single ones are counted. */
static bool ends_arithmetic(struct builder *builder, char c)
{
	builder->nesting += c == '(';
	if (c != ')')
		return false;
	if (builder->nesting) {
		builder->nesting--;
		return false;
	}
	if (parse_peek_next(builder->parser) != ')')
		parse_unsupported(builder->parser, "$(( that is no arithmetic");
	return true;
}

static bool ends_nested(struct builder *builder, char c, char open, char close)
{
	builder->nesting += c == open;
	if (c != close)
		return false;
	if (!builder->nesting)
		return true;
	builder->nesting--;
	return false;
}

static bool ends_offset(struct builder *builder, char c)
{
	if (c == '?')
		parse_unsupported(builder->parser, "?: in a substring's offset");
	if (c == '}')
		return true;
	if (c == ':')
		return !builder->nesting;
	(void)ends_nested(builder, c, '(', ')');
	return false;
}

static bool ends(struct builder *builder, char c)
{
	switch (builder->context) {
	case WORD_PLAIN:
	case WORD_ELEMENT:
	case WORD_REGEX:
		return ends_plain(builder, c);
	case WORD_BRACE:
	case WORD_PATTERN:
		return c == '}';
	case WORD_REPLACED:
		return c == '}' || c == '/';
	case WORD_OFFSET:
		return ends_offset(builder, c);
	case WORD_SUBSCRIPT:
		return ends_nested(builder, c, '[', ']');
	case WORD_ARITHMETIC:
		return ends_arithmetic(builder, c);
	}
	return true;
}

/* ~ where a shell would look for a home directory. */
static bool is_tilde(const struct builder *builder, char c)
{
	if (c != '~' || is_expression(builder->context) || builder->context == WORD_REGEX)
		return false;
	if (!builder->text_present)
		return !builder->word->first;
	return !builder->text_quoted && builder->text.length &&
	       strchr(":=", builder->text.data[builder->text.length - 1]);
}

static void take(struct builder *builder, char c, bool quoted)
{
	bool active = is_pattern(builder->context) ? false : quoted;

	if (c == '\\')
		backslash(builder, quoted);
	else if (c == '\'' || c == '"')
		quote(builder, c, quoted);
	else if (c == '$')
		add_part(builder, parse_dollar(builder->parser, active));
	else if (c == '`')
		add_part(builder, parse_backquote(builder->parser, active));
	else if (is_tilde(builder, c) && !quoted)
		parse_unsupported(builder->parser, "~");
	else
		take_char(builder, active);
}

static bool needs_closing(enum word_context context)
{
	return context != WORD_PLAIN && context != WORD_ELEMENT && context != WORD_REGEX;
}

struct word *parse_word(struct parser *parser, enum word_context context, bool quoted)
{
	struct word *word = ARENA_NEW(parser->arena, struct word);
	struct builder builder = {
		.parser = parser, .context = context, .word = word, .tail = &word->first};

	word->line = parser->line;
	if (!parse_enter(parser))
		return NULL;
	for (;;) {
		char c = parse_peek(parser);

		if (parser->position >= parser->length) {
			if (needs_closing(context) || builder.nesting)
				parse_wrong(parser, context == WORD_SUBSCRIPT    ? "a closing ]"
						    : context == WORD_ARITHMETIC ? "a closing ))"
						    : builder.nesting            ? "a closing )"
										 : "a closing }");
			break;
		}
		if (ends(&builder, c))
			break;
		take(&builder, c, quoted);
	}
	parser->depth--;
	flush(&builder);
	buffer_free(&builder.text);
	return parser->result == PARSE_OK ? word : NULL;
}
