/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shell language as far as it is evaluated in this process: what the parser makes and the
 * evaluator walks. Everything lives in the arena of one evaluation.
 *
 * A word is a chain of parts; whether a part was quoted decides if its value is split, globbed
 * and taken as a pattern. Source: the bash reference manual, chapter 3.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list;
struct command;

enum part_kind {
	PART_TEXT,
	PART_PARAMETER,
	PART_COMMAND,    /* $(…) and `…` */
	PART_ARITHMETIC, /* $((…)) */
};

enum parameter_operation {
	PARAMETER_PLAIN,
	PARAMETER_LENGTH,    /* ${#x} */
	PARAMETER_INDICES,   /* ${!x[@]} */
	PARAMETER_DEFAULT,   /* ${x-w} */
	PARAMETER_ASSIGN,    /* ${x=w} */
	PARAMETER_ERROR,     /* ${x?w} */
	PARAMETER_ALTERNATE, /* ${x+w} */
	PARAMETER_PREFIX,    /* ${x#p} */
	PARAMETER_SUFFIX,    /* ${x%p} */
	PARAMETER_REPLACE,   /* ${x/p/r} */
	PARAMETER_SUBSTRING, /* ${x:o:l} */
	PARAMETER_UPPER,     /* ${x^} */
	PARAMETER_LOWER,     /* ${x,} */
};

struct word;

struct parameter {
	const char *name;       /* an identifier, digits, or one of # ? @ * */
	struct word *subscript; /* NULL: none */
	char all;               /* '@' or '*': x[@], x[*] */
	enum parameter_operation operation;
	bool colon;  /* the forms that take empty as unset */
	bool twice;  /* ## %% // ^^ ,, */
	char anchor; /* ${x/#p/r}, ${x/%p/r} */
	struct word *argument;
	struct word *second; /* replacement, length; NULL: none */
};

struct part {
	enum part_kind kind;
	bool quoted;
	struct part *next;
	const char *text;
	size_t length;
	struct parameter *parameter;
	struct list *list;
	struct word *expression;
};

struct word {
	struct part *first;
	struct word *next; /* in a list of words */
	unsigned line;
};

/* A word of an array in parentheses: [subscript]=value or value. */
struct element {
	struct word *subscript; /* NULL: the next index */
	bool append;
	struct word *value;
	struct element *next;
};

struct assignment {
	const char *name;
	struct word *subscript; /* NULL: none */
	bool append;
	bool compound;
	struct word *value; /* unless compound */
	struct element *elements;
	unsigned line;
	struct assignment *next;
};

enum redirection_kind {
	REDIRECT_NULL,        /* > /dev/null */
	REDIRECT_DUPLICATE,   /* 2>&1, >&2 */
	REDIRECT_INPUT,       /* < file */
	REDIRECT_HERE_STRING, /* <<< word */
};

struct redirection {
	enum redirection_kind kind;
	int fd;     /* 0, 1, 2 */
	int source; /* of REDIRECT_DUPLICATE */
	struct word *word;
	struct redirection *next;
};

/* An operand or operator of [[ ]]. */
enum condition_kind {
	CONDITION_UNARY,
	CONDITION_BINARY,
	CONDITION_NOT,
	CONDITION_AND,
	CONDITION_OR
};

struct condition {
	enum condition_kind kind;
	const char *operator; /* "-f", "==", "=~" … */
	struct word *left, *right;
	struct condition *first, *second;
};

struct case_item {
	struct word *patterns;
	struct list *body;
	char terminator; /* ';' for ;;  '&' for ;&  '+' for ;;& */
	struct case_item *next;
};

enum command_kind {
	COMMAND_SIMPLE,
	COMMAND_GROUP,    /* { } */
	COMMAND_SUBSHELL, /* ( ) */
	COMMAND_IF,
	COMMAND_FOR,
	COMMAND_WHILE,
	COMMAND_CASE,
	COMMAND_FUNCTION,
	COMMAND_CONDITION,  /* [[ ]] */
	COMMAND_ARITHMETIC, /* (( )) */
};

struct command {
	enum command_kind kind;
	unsigned line;
	struct redirection *redirections;
	struct command *next; /* in a pipeline */
	/* COMMAND_SIMPLE */
	struct assignment *assignments;
	struct word *words; /* also: COMMAND_FOR's list, COMMAND_CASE's subject */
	/* compound: condition of if and while, body, else branch */
	struct list *test, *body, *otherwise;
	bool until;       /* COMMAND_WHILE */
	bool all_words;   /* COMMAND_FOR without "in" */
	const char *name; /* COMMAND_FOR's variable, COMMAND_FUNCTION */
	struct case_item *items;
	struct condition *condition;
	struct word *expression;
	struct command *function_body;
};

struct pipeline {
	bool negated;
	struct command *commands;
	char operator; /* to the one before: '&' for &&, '|' for ||, ';' otherwise */
	struct pipeline *next;
};

struct list {
	struct pipeline *first;
};
