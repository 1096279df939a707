/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell source → syntax tree. The parser knows what the evaluator knows: everything else stops it
 * with PARSE_UNSUPPORTED before anything was evaluated. PARSE_WRONG is what no bash accepts.
 * After the first of either the parser sees only the end of its input, so that callers need not
 * check at every step.
 */
#pragma once

#include "conf/arena.h"
#include "conf/syntax.h"

enum parse_result {
	PARSE_OK,
	PARSE_UNSUPPORTED,
	PARSE_WRONG,
};

struct parser {
	struct arena *arena;
	const char *text;
	size_t length, position;
	unsigned line;          /* from 1 */
	size_t line_start;      /* position of the line's first character */
	unsigned depth;         /* of nesting */
	unsigned substitutions; /* inside how many $( ) or ( ) */
	enum parse_result result;
	unsigned failed_line, failed_column;
	const char *reason; /* what is unsupported, or what was expected */
};

/* The whole text as one list; NULL, with result and reason in the parser, if it cannot be. */
struct list *parse_script(struct parser *parser, struct arena *arena, const char *text,
			  size_t length, unsigned first_line);

/* Between the parser's own files. */

/* Both return NULL, for return statements. */
void *parse_unsupported(struct parser *parser, const char *what);
void *parse_wrong(struct parser *parser, const char *expected);

/* The character at the position, or further on, past line continuations; '\0' at the end. */
char parse_peek(struct parser *parser);
char parse_peek_next(struct parser *parser);
void parse_advance(struct parser *parser);
void parse_skip_blanks(struct parser *parser); /* blanks, continuations, comments */
void parse_skip_lines(struct parser *parser);  /* these and line ends */
bool parse_enter(struct parser *parser);       /* one level of nesting; false: too deep */

/* Where a word ends. */
enum word_context {
	WORD_PLAIN,      /* at a metacharacter */
	WORD_ELEMENT,    /* the same, inside ( ) of an array */
	WORD_REGEX,      /* the same, but ( ) and | belong to it */
	WORD_BRACE,      /* at }, as argument of - = ? + */
	WORD_PATTERN,    /* at }, a pattern */
	WORD_REPLACED,   /* at / or }, a pattern */
	WORD_OFFSET,     /* at : or }, an expression */
	WORD_SUBSCRIPT,  /* at ] */
	WORD_ARITHMETIC, /* at )) */
};

/* The word at the position; quoted: inside double quotes. Never NULL unless the parser stops. */
struct word *parse_word(struct parser *parser, enum word_context context, bool quoted);
/* The $ at the position: appends a part (or a literal $). */
struct part *parse_dollar(struct parser *parser, bool quoted);
struct part *parse_backquote(struct parser *parser, bool quoted);
struct list *parse_list(struct parser *parser, const char *const *terminators);
struct command *parse_command(struct parser *parser);
struct command *parse_simple(struct parser *parser);
/* Behind "name ()". */
struct command *parse_function_body(struct parser *parser, struct command *command);
struct redirection *parse_redirections(struct parser *parser);
/* Behind [[; up to ]]. */
struct condition *parse_condition(struct parser *parser);
/* The identifier at the position, or NULL; it is passed over. */
const char *parse_identifier(struct parser *parser);

bool parse_at_keyword(struct parser *parser, const char *keyword);
/* Passes over it if it is there. */
bool parse_take_keyword(struct parser *parser, const char *keyword);
/* After blanks and empty lines; its absence is PARSE_WRONG. */
bool parse_expect_keyword(struct parser *parser, const char *keyword);

/* The unquoted text of a word that is nothing else, or NULL. */
const char *word_literal(const struct word *word);
/* True if the word might be a brace expansion: {a,b} or {1..3}. */
bool word_has_braces(const struct word *word);
